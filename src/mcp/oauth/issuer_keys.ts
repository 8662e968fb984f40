import type { JSONWebKeySet } from 'jose'
import { enqueue } from '../../jobs.ts'
import type { Db, ReadDb } from '../../db/database.ts'

/** Tokens of keys that are not known have a job read the keys no more often than this, whoever sends how many. */
const ASK_AGAIN_MS = 30_000

export interface IssuerKeys {
  jwks: JSONWebKeySet
  asked_at: Date | null
  /** A job was told to read them and has not come back yet. */
  awaited: boolean
}

/** The keys of an issuer as a job read them last. */
export async function selectIssuerKeys(db: ReadDb, issuer: string): Promise<IssuerKeys> {
  const row = await db
    .selectFrom('oauth_issuers')
    .select(['jwks', 'asked_at', 'awaited'])
    .where('issuer', '=', issuer)
    .executeTakeFirst()
  if (!row) return { jwks: { keys: [] }, asked_at: null, awaited: false }
  return { ...row, jwks: row.jwks as unknown as JSONWebKeySet }
}

/** Has a job read them, of all who ask at once for one; nobody waits for it. True where keys are still to come. */
export async function askForKeys(db: Db, issuer: string, { asked_at, awaited }: IssuerKeys, now: Date) {
  const before = new Date(now.getTime() - ASK_AGAIN_MS)
  if (asked_at !== null && asked_at >= before) return awaited
  await db.transaction().execute(async (trx) => {
    const asked = await trx
      .insertInto('oauth_issuers')
      .values({ issuer, asked_at: now, awaited: true })
      .onConflict((oc) =>
        oc
          .column('issuer')
          .doUpdateSet({ asked_at: now, awaited: true })
          .where((eb) =>
            eb.or([eb('oauth_issuers.asked_at', 'is', null), eb('oauth_issuers.asked_at', '<', before)]),
          ),
      )
      .returning('issuer')
      .executeTakeFirst()
    if (asked) await enqueue(trx, 'read_oauth_keys', {})
  })
  return true
}
