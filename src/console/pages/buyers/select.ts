import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'

const live = sql<boolean>`t.revoked_at is null and (t.expires_at is null or t.expires_at > now())`

/** The buying agents of a publisher, with what one wants to know of each at a glance. */
export function selectBuyers(
  db: ReadDb,
  tenant_id: string,
  { q, archived }: { q: string; archived: boolean },
) {
  const like = `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`
  return db
    .selectFrom('principals as p')
    .leftJoin('trusted_principals as trust', 'trust.principal_id', 'p.principal_id')
    .select(['p.principal_id', 'p.name', 'p.sandbox', 'p.archived_at', 'p.allowed_product_ids'])
    .select('trust.principal_id as trusted')
    .select([
      sql<number>`(select count(*)::int from principal_tokens t where t.principal_id = p.principal_id and ${live})`.as(
        'tokens',
      ),
      sql<Date | null>`(select max(last_used_at) from principal_tokens t where t.principal_id = p.principal_id)`.as(
        'last_used_at',
      ),
      sql<number>`(select count(*)::int from media_buys b where b.tenant_id = p.tenant_id
        and b.principal_id = p.principal_id and b.status in ('pending_approval', 'pending_creatives', 'pending_start', 'active', 'paused'))`.as(
        'open_buys',
      ),
    ])
    .where('p.tenant_id', '=', tenant_id)
    .where('p.archived_at', archived ? 'is not' : 'is', null)
    .where(
      sql<boolean>`(p.name ilike ${like} or p.principal_id ilike ${like} or exists (
        select from principal_oauth_subjects mapped where mapped.principal_id = p.principal_id and mapped.subject = ${q}))`,
    )
}

/** One of them, with what it may do. */
export const selectBuyer = (db: ReadDb, tenant_id: string, principal_id: string) =>
  db
    .selectFrom('principals as p')
    .leftJoin('trusted_principals as trust', 'trust.principal_id', 'p.principal_id')
    .selectAll('p')
    .select('trust.principal_id as trusted')
    .where('p.tenant_id', '=', tenant_id)
    .where('p.principal_id', '=', principal_id)
export type Buyer = NonNullable<Awaited<ReturnType<ReturnType<typeof selectBuyer>['executeTakeFirst']>>>

/** Its tokens, those that still open something first. */
export const selectTokens = (db: ReadDb, principal_id: string) =>
  db
    .selectFrom('principal_tokens as t')
    .select(['token_id', 'prefix', 'label', 'created_at', 'created_by', 'expires_at', 'revoked_at'])
    .select('last_used_at')
    .where('principal_id', '=', principal_id)
    .orderBy(live, 'desc')
    .orderBy('token_id', 'desc')
    .limit(50)
export type Token = Awaited<ReturnType<ReturnType<typeof selectTokens>['execute']>>[number]

/** Whose access tokens are this buyer's. */
export const selectSubjects = (db: ReadDb, tenant_id: string, principal_id: string) =>
  db
    .selectFrom('principal_oauth_subjects as mapped')
    .innerJoin('principals as p', 'p.principal_id', 'mapped.principal_id')
    .select(['mapped.issuer', 'mapped.subject', 'mapped.created_by', 'mapped.created_at'])
    .where('p.tenant_id', '=', tenant_id)
    .where('p.principal_id', '=', principal_id)
    .orderBy('mapped.created_at', 'desc')
    .orderBy('mapped.subject')
export type Subject = Awaited<ReturnType<ReturnType<typeof selectSubjects>['execute']>>[number]

/** The accounts it may use. */
export const selectAccounts = (db: ReadDb, tenant_id: string, principal_id: string) =>
  db
    .selectFrom('account_principals as member')
    .innerJoin('accounts as a', 'a.account_id', 'member.account_id')
    .selectAll('a')
    .select('member.closed_at')
    .where('member.tenant_id', '=', tenant_id)
    .where('member.principal_id', '=', principal_id)
    .orderBy('a.name')
    .orderBy('a.account_id')
export type Account = Awaited<ReturnType<ReturnType<typeof selectAccounts>['execute']>>[number]

/** Accounts that agents asked for and nobody has looked at, and a buyer of each. */
export const selectNewAccounts = (db: ReadDb, tenant_id: string) =>
  db
    .selectFrom('accounts as a')
    .innerJoin('account_principals as member', 'member.account_id', 'a.account_id')
    .select(['a.account_id', 'a.name', sql<string>`min(member.principal_id)`.as('principal_id')])
    .where('a.tenant_id', '=', tenant_id)
    .where('a.status', '=', 'pending_approval')
    .groupBy(['a.account_id', 'a.name'])
    .orderBy('a.name')

/** The ad servers a buyer may be an advertiser on. */
export const selectConnections = (db: ReadDb, tenant_id: string) =>
  db
    .selectFrom('adapter_configs')
    .select(['connection_id', 'name', 'kind'])
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .orderBy('name')

/** The advertisers an ad server said it has when it was last looked at, by connection; none where it says none or has too many. */
export async function readAdvertisers(db: ReadDb, tenant_id: string): Promise<Map<string, Advertiser[]>> {
  const rows = await db
    .selectFrom('adapter_configs as c')
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom('connection_checks as k')
          .select(sql<Advertiser[]>`k.choices->'advertiser_id'`.as('advertisers'))
          .whereRef('k.connection_id', '=', 'c.connection_id')
          .where(sql<boolean>`k.choices ? 'advertiser_id'`)
          .orderBy('k.number', 'desc')
          .limit(1)
          .as('latest'),
      (join) => join.onTrue(),
    )
    .select(['c.connection_id', 'latest.advertisers'])
    .where('c.tenant_id', '=', tenant_id)
    .execute()
  return new Map(rows.map(({ connection_id, advertisers }) => [connection_id, advertisers]))
}
export interface Advertiser {
  value: string
  label: string
}

/** What is on sale, to choose from. */
export const selectProducts = (db: ReadDb, tenant_id: string) =>
  db
    .selectFrom('products')
    .select(['product_id', 'name'])
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .where('sandbox_of', 'is', null)
    .orderBy('name')
