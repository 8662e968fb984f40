import { withSignal } from '../abort.ts'
import { jsonb } from '../db/database.ts'
import { defineTask } from './define-task.ts'
import { fetchIssuerKeys } from './oauth/fetch_issuer_keys.ts'

const PATIENCE_MS = 10_000

/** Reads the keys access tokens are signed with (design: docs/oauth.md). Where that fails, those we have stay. */
export const readOauthKeys = defineTask({
  name: 'read_oauth_keys',
  async run(_payload, { db, clock, signal, log, oauthIssuer: issuer }) {
    if (issuer === undefined) return
    const found = await withSignal([signal], PATIENCE_MS, (until) => fetchIssuerKeys(issuer, until)).catch(
      (error: unknown) => {
        log.warn({ issuer, reason: (error as Error).message }, 'the keys of the issuer cannot be read')
        return undefined
      },
    )
    const read = found && { jwks: jsonb(found), read_at: clock() }
    await db
      .insertInto('oauth_issuers')
      .values({ issuer, ...read })
      .onConflict((oc) => oc.column('issuer').doUpdateSet({ ...read, awaited: false }))
      .execute()
  },
})
