import type { ReplayStore } from '@adcp/sdk/signing/server'
import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'

/** Remembers signatures in PostgreSQL, so that one sent again is known whichever server gets it. Times are seconds. */
export function createReplayStore(db: Db): ReplayStore {
  const isCapHit = async (kid: string, uri: string, now: number) => {
    const { rows } = await sql<{ full: boolean }>`
      select (select count(*) from (
          select from request_nonces where kid = key.kid and target_uri = ${uri}
            and expires_at > ${at(now)} limit key.most_nonces) as held) >= key.most_nonces as full
      from request_signing_keys as key where key.kid = ${kid}`.execute(db)
    return rows[0]?.full ?? false
  }
  return {
    isCapHit,
    async has(kid, uri, nonce, now) {
      const { rows } = await sql`select from request_nonces where kid = ${kid} and target_uri = ${uri}
        and nonce = ${nonce} and expires_at > ${at(now)}`.execute(db)
      return rows.length > 0
    },
    async insert(kid, uri, nonce, ttlSeconds, now) {
      if (await isCapHit(kid, uri, now)) return 'rate_abuse'
      // of two that send the same at once, one inserts
      const { rows } = await sql`insert into request_nonces as held (kid, target_uri, nonce, expires_at)
        values (${kid}, ${uri}, ${nonce}, ${at(now + ttlSeconds)})
        on conflict (kid, target_uri, nonce) do update set expires_at = excluded.expires_at
          where held.expires_at <= ${at(now)}
        returning kid`.execute(db)
      return rows.length > 0 ? 'ok' : 'replayed'
    },
  }
}

const at = (seconds: number) => new Date(seconds * 1000)
