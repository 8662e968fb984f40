import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { z } from 'zod'
import { spellingsOf } from '../../adcp/agent_url.ts'
import type { Problem } from '../../adcp/error.ts'
import { channel, country, currency, date, deliveryType, formatId } from '../../adcp/request_schemas.ts'
import { knownFormats } from '../../queries/known_formats.ts'
import { flightDays, leastLeft, type Days } from '../../queries/availability.ts'
import { quoted } from '../../adcp/quoted.ts'

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
  /** True wherever it holds and quicker to tell, because it does not look at what is left; left out where there is no such thing. */
  quick?: RawBuilder<SqlBool>
}
const STANDARD_FORMATS = 'https://creative.adcontextprotocol.org'

/** One SQL condition per filter given, over the alias `p` of products. */
export function conditionsOf(filters: Filters, today: Date): Condition[] {
  const flight = flightDays(filters, today)
  const all = allConditions(filters, today, flight)
  const quick = flight ? allConditions(filters, today, undefined) : {}
  return Object.entries(all).flatMap(([name, holds]) => {
    if (!holds) return []
    const field = `filters.${name}`
    return [{ field, holds, ...(LOOK_AT_WHAT_IS_LEFT.has(name) && quick[name] && { quick: quick[name] }) }]
  })
}

const LOOK_AT_WHAT_IS_LEFT = new Set(['budget_range', 'end_date', 'min_exposures'])

const allConditions = (filters: Filters, today: Date, flight: Days | undefined): Conditions => ({
  ...offerConditions(filters, today, flight),
  ...dateConditions(filters, today, flight),
})

/** Products that enforce all of these policies. */
export function policyConditions(required: readonly string[] = []): Condition[] {
  if (required.length === 0) return []
  const holds = sql<SqlBool>`coalesce(p.details->'enforced_policies', '[]') ?& ${required}::text[]`
  return [{ field: 'required_policies', holds }]
}

/** A condition for each filter; undefined where it was not given. */
type Conditions = { [name in keyof Filters]?: RawBuilder<SqlBool> | undefined }

/** What is sold and at what price; of a flight also whether enough is left. */
function offerConditions(filters: Filters, today: Date, flight: Days | undefined): Conditions {
  const { delivery_type, exclusivity, is_fixed_price, pricing_currencies, channels, countries } = filters
  const { format_ids, standard_formats_only, budget_range } = filters
  return {
    delivery_type: delivery_type && sql`p.delivery_type = ${delivery_type}`,
    exclusivity: exclusivity && sql`coalesce(p.details->>'exclusivity', 'none') = ${exclusivity}`,
    is_fixed_price:
      is_fixed_price === undefined ? undefined : option(sql`(o.fixed_price is not null) = ${is_fixed_price}`),
    pricing_currencies: pricing_currencies && option(sql`o.currency = any(${pricing_currencies}::text[])`),
    channels: channels && sql`p.channels && ${channels}::text[]`,
    countries: countries && sql`(p.countries = '{}' or p.countries && ${countries}::text[])`,
    format_ids: format_ids && acceptsAny(format_ids),
    standard_formats_only: standard_formats_only
      ? sql`not exists (select from jsonb_array_elements(p.format_ids) f where f->>'agent_url' <> ${STANDARD_FORMATS})`
      : undefined,
    budget_range:
      budget_range &&
      option(
        sql`o.currency = ${budget_range.currency} and coalesce(o.min_spend_per_package, 0) <= ${budget_range.max ?? 1e12}
          and ${leastFits(filters, today, flight)}`,
      ),
  }
}

/** True of an option `o` if the least a buyer would spend at its price still fits into every day of the flight it names. */
function leastFits(filters: Filters, today: Date, days: Days | undefined): RawBuilder<SqlBool> {
  if (!days) return sql`true`
  const least = sql`greatest(coalesce(o.min_spend_per_package, 0), ${filters.budget_range?.min ?? 0}::numeric)`
  return sql`(o.pricing_model not in ('cpm', 'vcpm') or coalesce(o.fixed_price, 0) = 0
    or coalesce(ceil(floor(${least} * 1000 / o.fixed_price) / (${days.to}::date - ${days.from}::date + 1)) <= ${leastLeft(days, today)}, true))`
}

/** When it runs, whether anything is left on each of those days, and whether it can show an ad often enough in that time. */
function dateConditions(
  { start_date, end_date, min_exposures }: Filters,
  today: Date,
  flight: Days | undefined,
): Conditions {
  const [start, end] = [sql`${start_date ?? null}::date`, sql`${end_date ?? null}::date`]
  const now = sql`(${today}::timestamptz at time zone 'UTC')::date`
  const days = sql`coalesce(${end} - ${start} + 1, 30)`
  const left = flight ? leastLeft(flight, today) : sql`p.daily_capacity`
  return {
    start_date:
      start_date === undefined
        ? undefined
        : sql`(p.available_until is null or p.available_until > ${start}::timestamp at time zone 'UTC')
          and ${start} >= ${now} + p.lead_days`,
    end_date:
      end_date === undefined
        ? undefined
        : sql`(p.available_from is null or p.available_from < (${end} + 1)::timestamp at time zone 'UTC')
          and ${end} >= ${now} and (${start} is null or ${end} - ${start} + 1 >= p.min_flight_days)
          and ${flight ? sql`coalesce(${left} > 0, true)` : sql`true`}`,
    min_exposures:
      min_exposures === undefined
        ? undefined
        : // only where the price is per thousand does the capacity count impressions
          sql`(coalesce(${left}::numeric * ${days} >= ${min_exposures}::bigint, true)
          or not ${option(sql`o.pricing_model in ('cpm', 'vcpm')`)})`,
  }
}

/** True of a product with a pricing option, alias `o`, of which this holds. Offset 0: looked up for each product, instead of reading all options of all products. */
function option(test: RawBuilder<unknown>) {
  return sql<SqlBool>`exists (select from pricing_options o where o.tenant_id = p.tenant_id and o.product_id = p.product_id and ${test} offset 0)`
}

function acceptsAny(wanted: z.infer<typeof formatId>[]) {
  const list = JSON.stringify(
    wanted.map(({ agent_url, id }) => ({ agents: agent_url && spellingsOf(agent_url), id })),
  )
  return sql<SqlBool>`exists (select from jsonb_array_elements(${knownFormats}) f, jsonb_array_elements(${list}::jsonb) w
    where f->>'id' = w->>'id' and (w->'agents' is null or w->'agents' ? (f->>'agent_url')))`
}

/** Filters AdCP knows and we cannot judge. Leaving one out of account would offer what the buyer asked not to see. */
export function filterProblems(given: Filters | undefined, currencies: readonly string[]): Problem[] {
  if (!given) return []
  const problems: Problem[] = Object.keys(given)
    .filter((name) => !(name in filters.shape) && name !== 'ext')
    .map((name) => ({
      code: 'UNSUPPORTED_FEATURE',
      message: `Products cannot be filtered by ${quoted(name, 64)} here.`,
      field: /^\w{1,64}$/.test(name) ? `filters.${name}` : 'filters',
      suggestion:
        'Leave it out and describe the wish in brief; targeting goes into targeting_overlay when you buy.',
    }))
  const asked = given.budget_range?.currency
  if (asked !== undefined && !currencies.includes(asked))
    problems.push({
      code: 'INVALID_REQUEST',
      message: `Nothing is sold in ${quoted(asked, 64)} here.`,
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
