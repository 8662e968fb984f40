import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { isPassword } from '../../passwords.ts'

export interface Attempt {
  email: string
  password: string
  /** Where it comes from. */
  address: string
  now: Date
}
export type AttemptOutcome = { type: 'welcome'; user_id: string } | { type: 'wrong' } | { type: 'too_many' }

/** Wrong passwords within a quarter of an hour, after which even the right one is not looked at. */
const MOST = { email: 10, address: 100 }
const FORGOTTEN_AFTER_MINUTES = 15
/** RFC 5321; what is longer is nobody's, and is not kept. */
const LONGEST_EMAIL = 254

/** Whether somebody may come in. Nothing tells whether the email or the password was wrong. */
export async function signIn(db: Db, { email, password, address, now }: Attempt): Promise<AttemptOutcome> {
  const normal = email.trim().toLowerCase().slice(0, LONGEST_EMAIL)
  const subjects = [
    { subject: `email ${normal}`, most: MOST.email },
    { subject: `address ${address}`, most: MOST.address },
  ]
  // counted before it is judged, so that many guesses at once are counted too
  for (const one of subjects) if (!(await countAttempt(db, { ...one, now }))) return { type: 'too_many' }
  const user = await db
    .selectFrom('users')
    .select(['user_id', 'password_hash'])
    .where('email', '=', normal)
    .executeTakeFirst()
  if (!(await isPassword(password, user?.password_hash ?? null)) || !user) return { type: 'wrong' }
  await db.deleteFrom('sign_in_failures').where('subject', '=', `email ${normal}`).execute()
  await sql`update sign_in_failures set failures = failures - 1 where subject = ${`address ${address}`} and failures > 1`.execute(
    db,
  )
  return { type: 'welcome', user_id: user.user_id }
}

/** Counts one more; false where there were too many, which a further one does not prolong. */
async function countAttempt(db: Db, { subject, most, now }: { subject: string; most: number; now: Date }) {
  const fresh = new Date(now.getTime() - FORGOTTEN_AFTER_MINUTES * 60_000)
  const counted = await db
    .insertInto('sign_in_failures')
    .values({ subject, failures: 1, last_at: now })
    .onConflict((clash) =>
      clash
        .column('subject')
        .doUpdateSet({
          failures: sql<number>`case when sign_in_failures.last_at < ${fresh} then 1 else sign_in_failures.failures + 1 end`,
          last_at: now,
        })
        .where(({ eb, or }) =>
          or([eb('sign_in_failures.failures', '<', most), eb('sign_in_failures.last_at', '<', fresh)]),
        ),
    )
    .returning('failures')
    .executeTakeFirst()
  return counted !== undefined
}
