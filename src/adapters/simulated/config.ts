import { z } from 'zod'
import { AdapterError } from '../adapter.ts'

const Settings = z.strictObject({
  advertiser_required: z.boolean().default(false),
  answer_lag_seconds: z.number().nonnegative().default(0),
})
export type Settings = z.infer<typeof Settings>

const milliseconds = z.int().nonnegative().max(86_400_000)
const count = z.int().nonnegative()

/** How the ad server treats an order. Nothing asked for is an ad server having a good day. */
export const Behaviour = z.strictObject({
  /** From asking for an order to the answer. The order is booked halfway through. */
  latency_ms: milliseconds.default(0),
  line_item_latency_ms: milliseconds.default(0),
  /** Says no for good, with this reason. */
  refuse: z.string().min(1).nullable().default(null),
  /** The order needs approval over there, which comes this long after it was booked. */
  approval_ms: milliseconds.nullable().default(null),
  /** The first so many orders that are booked get no answer. */
  lose_answers: count.default(0),
  /** The first so many calls for an order are turned away and nothing is booked. */
  busy: count.default(0),
  /** Takes the call and is never heard of again. Nothing is booked. */
  hang: z.boolean().default(false),
  /** Why somebody has to look at it first. */
  needs_person: z.string().min(1).nullable().default(null),
})
export type Behaviour = z.infer<typeof Behaviour>

/** The settings of an ad server connection. @throws AdapterError('config') naming what is wrong with them. */
export function parseSettings(settings: unknown): Settings {
  return parse(Settings, settings, 'The settings of this connection')
}

/** A product's ad_server_config. @throws AdapterError('config') naming what is wrong with it. */
export function parseProductConfig(config: unknown, productId: string): Behaviour {
  return parse(Behaviour, config, `ad_server_config of product ${productId}`)
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new AdapterError('config', 'invalid_config', `${what}: ${z.prettifyError(result.error)}`)
}

/** What an order does whose packages ask for different things: the slowest and the worst of them. */
export function mergeBehaviour(all: readonly Behaviour[]): Behaviour {
  const approvals = all.flatMap(({ approval_ms }) => approval_ms ?? [])
  return {
    latency_ms: Math.max(...all.map(({ latency_ms }) => latency_ms)),
    line_item_latency_ms: Math.max(...all.map(({ line_item_latency_ms }) => line_item_latency_ms)),
    refuse: all.find(({ refuse }) => refuse !== null)?.refuse ?? null,
    approval_ms: approvals.length > 0 ? Math.max(...approvals) : null,
    lose_answers: Math.max(...all.map(({ lose_answers }) => lose_answers)),
    busy: Math.max(...all.map(({ busy }) => busy)),
    hang: all.some(({ hang }) => hang),
    needs_person: all.find(({ needs_person }) => needs_person !== null)?.needs_person ?? null,
  }
}
