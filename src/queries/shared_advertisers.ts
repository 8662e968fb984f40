import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** Advertisers several buyers or accounts claim: what people book for one of these is listed to none of them. */
export function selectSharedAdvertisers(db: ReadDb) {
  return db
    .selectFrom('advertisers')
    .select([
      sql<string>`connection_id`.as('connection_id'),
      sql<string>`advertiser_id`.as('advertiser_id'),
      sql<string[]>`claimed_by`.as('claimed_by'),
    ])
    .where('account_id', 'is', null)
    .where('principal_id', 'is', null)
    .orderBy('connection_id')
    .orderBy('advertiser_id')
}
