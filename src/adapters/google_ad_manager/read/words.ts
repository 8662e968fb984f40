import { z } from 'zod'
import { fromMicros } from '../money.ts'
import { fromNetworkTime } from '../network_time.ts'

/** Ids are text: they do not fit a number. */
export const Id = z.string().regex(/^\d+$/)
export const text = z.string().nullable().default(null)
export const count = z.coerce.number().int().nonnegative()

const Time = z.object({
  date: z.object({ year: z.int(), month: z.int(), day: z.int() }),
  hour: z.int(),
  minute: z.int(),
  second: z.int(),
  timeZoneId: z.string(),
})
/** A DateTime of Google's as ISO 8601. */
export const time = Time.transform((at) => {
  const moment = fromNetworkTime(at)
  return moment === undefined ? null : new Date(moment).toISOString()
})
  .nullable()
  .default(null)

export const Money = z.object({ currencyCode: z.string(), microAmount: z.string().regex(/^\d+$/) })
/** Decimal text. */
export const amount = ({ microAmount }: z.infer<typeof Money>) => fromMicros(BigInt(microAmount))
