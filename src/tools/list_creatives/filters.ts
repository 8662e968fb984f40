import { sql, type ExpressionBuilder, type SqlBool, type Expression } from 'kysely'
import { z } from 'zod'
import { spellingsOf } from '../../adcp/agent_url.ts'
import type { Problem } from '../../adcp/error.ts'
import { accountRef, dateTime, formatId } from '../../adcp/request_schemas.ts'
import type { DB } from '../../db/schema.ts'

const words = z.array(z.string()).min(1)
const status = z.enum(['processing', 'pending_review', 'approved', 'suspended', 'rejected', 'archived'])

export const filters = z.looseObject({
  accounts: z.array(accountRef).min(1).optional(),
  statuses: z.array(status).min(1).optional(),
  tags: words.optional(),
  tags_any: words.optional(),
  name_contains: z.string().optional(),
  creative_ids: words.max(100).optional(),
  created_after: dateTime.optional(),
  created_before: dateTime.optional(),
  updated_after: dateTime.optional(),
  updated_before: dateTime.optional(),
  assigned_to_packages: words.optional(),
  media_buy_ids: words.optional(),
  unassigned: z.boolean().optional(),
  format_ids: z.array(formatId).min(1).optional(),
})
export type Filters = z.infer<typeof filters>

/** Filters on facts the library does not hold. Ignoring one would return creatives the buyer asked not to see. */
export function unanswerable(given: Filters): Problem[] {
  return ['has_served', 'concept_ids', 'has_variables']
    .filter((name) => given[name] !== undefined)
    .map((name) => ({
      code: 'UNSUPPORTED_FEATURE',
      message: `Creatives cannot be filtered by ${name} here.`,
      field: `filters.${name}`,
      suggestion: `Leave ${name} out.`,
    }))
}

type Row = DB & { c: DB['creatives']; account: DB['accounts'] }

/** What a creative must be for these filters; without a status, everything but archived ones. */
export function conditions(
  eb: ExpressionBuilder<Row, 'c' | 'account'>,
  given: Filters,
): Expression<SqlBool>[] {
  const { statuses, tags, tags_any, name_contains, creative_ids, format_ids, accounts } = given
  const { assigned_to_packages, media_buy_ids, unassigned } = given
  const found: Expression<SqlBool>[] = [
    statuses ? sql<boolean>`c.status::text = any(${statuses}::text[])` : eb('c.status', '<>', 'archived'),
  ]
  if (tags) found.push(sql<boolean>`c.tags @> ${tags}::text[]`)
  if (tags_any) found.push(sql<boolean>`c.tags && ${tags_any}::text[]`)
  if (name_contains !== undefined)
    found.push(sql<boolean>`strpos(lower(c.name), lower(${name_contains})) > 0`)
  if (creative_ids) found.push(eb('c.creative_id', 'in', creative_ids))
  for (const [name, column, compare] of times)
    if (given[name] !== undefined) found.push(eb(column, compare, new Date(given[name])))
  if (assigned_to_packages)
    found.push(assigned(sql<boolean>`a.package_id = any(${assigned_to_packages}::text[])`))
  if (media_buy_ids) found.push(assigned(sql<boolean>`p.media_buy_id = any(${media_buy_ids}::text[])`))
  if (unassigned !== undefined)
    found.push(unassigned ? eb.not(assigned(sql<boolean>`true`)) : assigned(sql<boolean>`true`))
  if (format_ids)
    found.push(
      eb.or(
        format_ids.map(({ agent_url, id }) =>
          eb.and([
            eb('c.format_id', '=', id),
            ...(agent_url === undefined ? [] : [eb('c.agent_url', 'in', spellingsOf(agent_url))]),
          ]),
        ),
      ),
    )
  if (accounts)
    found.push(
      eb.or(
        accounts.map(({ account_id, brand, operator }) =>
          account_id === undefined
            ? eb.and([
                eb('account.brand_domain', '=', brand?.domain ?? ''),
                eb('account.brand_id', '=', brand?.brand_id ?? ''),
                eb('account.operator', '=', operator ?? ''),
              ])
            : eb('c.account_id', '=', account_id),
        ),
      ),
    )
  return found
}

const times = [
  ['created_after', 'c.created_at', '>'],
  ['created_before', 'c.created_at', '<'],
  ['updated_after', 'c.updated_at', '>'],
  ['updated_before', 'c.updated_at', '<'],
] as const

/** True of a package `p` of a buy `buy` that the buyer knows and that was not called off. A buy that waits for approval is only a task to it. */
export const stands = sql<boolean>`(not p.canceled and buy.confirmed_at is not null and buy.status not in ('rejected', 'canceled'))`

function assigned(to: Expression<SqlBool>) {
  return sql<boolean>`exists (
    select from creative_assignments a join media_packages p using (package_id) join media_buys buy using (media_buy_id)
    where a.principal_id = c.principal_id and a.creative_id = c.creative_id
      and ${stands} and ${to} offset 0)`
}
