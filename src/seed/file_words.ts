import { z } from 'zod'

/** An object of the file. A key that is not in `shape` is a typo; the message lists those that are. */
export function fields<const S extends z.core.$ZodLooseShape>(shape: S) {
  const known = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `is not known here. Known are: ${known}` : undefined,
  })
}

export const Id = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be letters, digits, _ and - only')
/** What people call something. */
export const Name = z.string().min(1).max(500)
export const Words = z.string().max(10_000)
/** An address by which something is known. */
export const Address = z.url().max(500)
export const Domain = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/,
    'must be a domain in lower case, such as news.example',
  )
/** AdCP's pattern for property ids and tags. */
export const PropertyWord = z
  .string()
  .max(100)
  .regex(/^[a-z0-9_]+$/, 'must be lower case letters, digits and _ only')
/** A whole number of days, ten years at the most. */
export const Days = z.int().max(3650)
export const Currency = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')

/** An amount of money with at most `decimals` digits after the point, which is all the database keeps. */
export function Money(decimals: 2 | 4) {
  return z
    .number()
    .nonnegative()
    .max(9_999_999_999)
    .refine((amount) => Number(amount.toFixed(decimals)) === amount, `may have ${decimals} decimals at most`)
}

export const Country = z
  .string()
  .refine(isCountry, 'must be an ISO 3166-1 alpha-2 code such as DE (the United Kingdom is GB)')

function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code)) return false
  return countryName(code) !== undefined && Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`
}

const regionNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

/** The English name of a country, if there is such a country. */
export function countryName(code: string): string | undefined {
  return regionNames.of(code)
}

/** The last day has none after it that ISO 8601 writes with four digits of a year, nor have years before the first. */
const isWithin = (time: string) =>
  Date.parse(time) >= 0 && Date.parse(time) < Date.parse('9999-12-31T00:00:00Z')
const Instant = z.iso.datetime({ offset: true, abort: true }).refine(isWithin, { abort: true })
const Day = z.iso.date({ abort: true }).refine(isWithin, { abort: true })
const dateMessage = 'must be a date such as 2027-03-01, or a time such as 2027-03-01T06:00:00Z'

/** A first moment: a date means its first instant, UTC. */
export const From = z.union([Day.transform((day) => `${day}T00:00:00Z`), Instant], {
  error: dateMessage,
})
/** A last moment: a date means the whole of that day, UTC. */
export const Until = z.union([Day.transform(dayAfter), Instant], { error: dateMessage })

function dayAfter(day: string): string {
  const midnight = new Date(`${day}T00:00:00Z`)
  midnight.setUTCDate(midnight.getUTCDate() + 1)
  return midnight.toISOString()
}
