import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { z } from 'zod'
import type { Problem } from '../../adcp/error.ts'
import { channel, country, currency, date, deliveryType, formatId } from '../../adcp/request_schemas.ts'

export const filters = z
  .looseObject({
    delivery_type: deliveryType.optional(),
    exclusivity: z.enum(['none', 'category', 'exclusive']).optional(),
    is_fixed_price: z.boolean().optional(),
    pricing_currencies: z.array(currency).min(1).optional(),
    format_ids: z.array(formatId).min(1).optional().describe('Accepts any of these: [{agent_url, id}].'),
    standard_formats_only: z.boolean().optional(),
    min_exposures: z.number().int().min(1).optional(),
    start_date: date.optional().describe('YYYY-MM-DD.'),
    end_date: date.optional().describe('YYYY-MM-DD.'),
    budget_range: z
      .looseObject({ min: z.number().min(0).optional(), max: z.number().min(0).optional(), currency })
      .optional()
      .describe('{min, max, currency}.'),
    countries: z.array(country).min(1).optional().describe('ISO codes such as DE; sold in any of them.'),
    channels: z.array(channel).min(1).optional(),
  })
  .describe('Narrow the list. All must hold.')
export type Filters = z.infer<typeof filters>

export interface Condition {
  field: string
  holds: RawBuilder<SqlBool>
}
const STANDARD_FORMATS = 'https://creative.adcontextprotocol.org'

/** One SQL condition per filter given, over the alias `p` of products. */
export function conditionsOf(filters: Filters, today: Date): Condition[] {
  const conditions: Condition[] = []
  const add = (name: string, given: unknown, holds: RawBuilder<SqlBool>) => {
    if (given !== undefined) conditions.push({ field: `filters.${name}`, holds })
  }
  const option = (test: RawBuilder<SqlBool>) =>
    sql<SqlBool>`exists (select from pricing_options o where o.tenant_id = p.tenant_id and o.product_id = p.product_id and ${test})`

  add('delivery_type', filters.delivery_type, sql`p.delivery_type = ${filters.delivery_type}`)
  add(
    'exclusivity',
    filters.exclusivity,
    sql`coalesce(p.details->>'exclusivity', 'none') = ${filters.exclusivity}`,
  )
  add(
    'is_fixed_price',
    filters.is_fixed_price,
    option(sql`(o.fixed_price is not null) = ${filters.is_fixed_price}`),
  )
  add(
    'pricing_currencies',
    filters.pricing_currencies,
    option(sql`o.currency = any(${filters.pricing_currencies}::text[])`),
  )
  add('channels', filters.channels, sql`p.channels && ${filters.channels}::text[]`)
  add(
    'countries',
    filters.countries,
    sql`(p.countries = '{}' or p.countries && ${filters.countries}::text[])`,
  )
  add('format_ids', filters.format_ids, acceptsAny(filters.format_ids ?? []))
  add(
    'standard_formats_only',
    filters.standard_formats_only || undefined,
    sql`not exists (select from jsonb_array_elements(p.format_ids) f where f->>'agent_url' <> ${STANDARD_FORMATS})`,
  )
  const range = filters.budget_range
  add(
    'budget_range',
    range,
    option(
      sql`o.currency = ${range?.currency} and coalesce(o.min_spend_per_package, 0) <= ${range?.max ?? 1e12}`,
    ),
  )
  const { start_date: start, end_date: end } = filters
  add(
    'start_date',
    start,
    sql`(p.available_until is null or p.available_until > ${start}::timestamp at time zone 'UTC')
    and ${start}::date >= (${today}::timestamptz at time zone 'UTC')::date + p.lead_days`,
  )
  add(
    'end_date',
    end,
    sql`(p.available_from is null or p.available_from < (${end}::date + 1)::timestamp at time zone 'UTC')
    and ${end}::date >= (${today}::timestamptz at time zone 'UTC')::date
    and (${start ?? null}::date is null or ${end}::date - ${start ?? null}::date + 1 >= p.min_flight_days)`,
  )
  const days = sql`coalesce(${end ?? null}::date - ${start ?? null}::date + 1, 30)`
  add(
    'min_exposures',
    filters.min_exposures,
    // only where the price is per thousand does the capacity count impressions
    sql`(p.daily_capacity is null or p.daily_capacity::numeric * ${days} >= ${filters.min_exposures}::bigint
    or not ${option(sql`o.pricing_model in ('cpm', 'vcpm')`)})`,
  )
  return conditions
}

function acceptsAny(wanted: z.infer<typeof formatId>[]) {
  const list = JSON.stringify(wanted.map(({ agent_url, id }) => ({ agent_url, id })))
  return sql<SqlBool>`exists (select from jsonb_array_elements(p.format_ids) f, jsonb_array_elements(${list}::jsonb) w
    where f->>'id' = w->>'id' and (w->>'agent_url' is null or w->>'agent_url' = f->>'agent_url'))`
}

/** Filters AdCP knows and we cannot judge. Leaving one out of account would offer what the buyer asked not to see. */
export function filterProblems(given: Filters | undefined, currencies: readonly string[]): Problem[] {
  if (!given) return []
  const problems: Problem[] = Object.keys(given)
    .filter((name) => !(name in filters.shape) && name !== 'ext')
    .map((name) => ({
      code: 'UNSUPPORTED_FEATURE',
      message: `Products cannot be filtered by ${name.slice(0, 64)} here.`,
      field: `filters.${name.slice(0, 64)}`,
      suggestion:
        'Leave it out and describe the wish in brief; targeting goes into targeting_overlay when you buy.',
    }))
  const asked = given.budget_range?.currency
  if (asked !== undefined && !currencies.includes(asked))
    problems.push({
      code: 'INVALID_REQUEST',
      message: `Nothing is sold in ${asked} here.`,
      field: 'filters.budget_range.currency',
      suggestion: `Use ${currencies.join(', ')}.`,
    })
  if (given.start_date && given.end_date && given.end_date < given.start_date)
    problems.push({
      code: 'INVALID_REQUEST',
      message: 'end_date is before start_date.',
      field: 'filters.end_date',
      suggestion: 'Swap them.',
    })
  return problems
}
