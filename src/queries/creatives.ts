import { sql } from 'kysely'
import type { FormatNeeds } from '../adcp/creative_fit.ts'
import type { Trx } from '../db/database.ts'

interface Owner {
  tenant_id: string
  principal_id: string
  sandbox?: boolean
}

/** Creatives of a principal by id, archived ones too. */
export function selectCreatives(trx: Trx, { principal_id }: Owner, ids: readonly string[]) {
  return trx
    .selectFrom('creatives')
    .select([
      'creative_id',
      'account_id',
      'name',
      'agent_url',
      'format_id',
      'assets',
      'tags',
      'details',
      'status',
    ])
    .where('principal_id', '=', principal_id)
    .where('creative_id', 'in', [...ids])
}

/**
 * True of a creative format this buyer may use: the publisher's, and in the sandbox what it seeded itself. With `onlyOwn`, a
 * sandbox buyer that seeded formats has only those.
 */
export function isAcceptedFrom({ principal_id, sandbox = false }: Owner, onlyOwn = false) {
  if (!sandbox) return sql<boolean>`sandbox_of is null`
  if (!onlyOwn) return sql<boolean>`(sandbox_of is null or sandbox_of = ${principal_id})`
  return sql<boolean>`(sandbox_of = ${principal_id} or sandbox_of is null and not exists (
    select from creative_formats own where own.sandbox_of = ${principal_id}))`
}

/** The creative formats a publisher takes, by their id alone: agents of the same id are told apart by the caller. */
export async function readFormats(trx: Trx, owner: Owner, ids: readonly string[]) {
  const rows = await trx
    .selectFrom('creative_formats')
    .select(['agent_url', 'format_id', 'name', 'definition', 'creative_agent_id'])
    .where('tenant_id', '=', owner.tenant_id)
    .where(isAcceptedFrom(owner))
    .where('format_id', 'in', [...ids])
    .where('archived_at', 'is', null)
    .execute()
  return rows.map(({ definition, ...row }) => ({
    ...row,
    assets: (definition as unknown as Pick<FormatNeeds, 'assets'>).assets,
  }))
}
export type CreativeFormat = Awaited<ReturnType<typeof readFormats>>[number]

/** True of a buy `buy` and its package `p` that can still show something. */
export const goesOn = sql<boolean>`(not p.canceled and buy.status not in ('completed', 'rejected', 'canceled'))`

/** Which of these creatives are on a package whose day for changes is over. */
export async function readPastDeadline(
  trx: Trx,
  { principal_id }: Owner,
  ids: readonly string[],
  now: Date,
): Promise<Set<string>> {
  const rows = await trx
    .selectFrom('creative_assignments as a')
    .innerJoin('media_packages as p', 'p.package_id', 'a.package_id')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'p.media_buy_id')
    .select('a.creative_id')
    .distinct()
    .where('a.principal_id', '=', principal_id)
    .where('a.creative_id', 'in', [...ids])
    .where('buy.creative_deadline', '<', now)
    .where(goesOn)
    .execute()
  return new Set(rows.map(({ creative_id }) => creative_id))
}
