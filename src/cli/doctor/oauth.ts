import type { Db } from '../../db/database.ts'
import type { Finding } from './checks.ts'

/** A job reads them every five minutes. */
const OLD_MS = 15 * 60_000

/** Whether access tokens are taken, of whom, how old the keys are by which they are judged, and how many subjects were let in. */
export async function checkOauth(db: Db, issuer: string | undefined, now = new Date()): Promise<Finding> {
  const subject = 'access tokens'
  if (issuer === undefined)
    return { ok: true, subject, text: 'only those of the desk: OAUTH_ISSUER is not set' }
  const { count } = await db
    .selectFrom('principal_oauth_subjects')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('issuer', '=', issuer)
    .executeTakeFirstOrThrow()
  const keys = await db
    .selectFrom('oauth_issuers')
    .select('read_at')
    .where('issuer', '=', issuer)
    .executeTakeFirst()
  const text = `of ${issuer}, ${count} ${Number(count) === 1 ? 'subject' : 'subjects'}`
  const read_at = keys?.read_at
  if (!read_at)
    return {
      ok: false,
      subject,
      text: `${text}; its keys were never read: is it reached, and a worker running?`,
    }
  const fresh = now.getTime() - read_at.getTime() < OLD_MS
  const read = `keys read ${read_at.toISOString()}`
  return fresh
    ? { ok: true, subject, text: `${text}, ${read}` }
    : { ok: false, subject, text: `${text}; ${read}, and not since: is it reached, and a worker running?` }
}
