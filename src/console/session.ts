import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { beginSession, endSession } from '../commands/people/sessions.ts'
import type { Db, ReadDb } from '../db/database.ts'
import { hashToken, newToken } from '../tokens.ts'
import type { ConsoleDesk, Person } from './desk.ts'

/** Whoever does nothing for half a day signs in again, and so does everybody once a week. */
const IDLE_HOURS = 12
const MOST_DAYS = 7
/** How exact "last seen" is: it is written no more often than this. */
const SEEN_MINUTES = 5

/** Signs a person in: a new session under a new cookie, whatever cookie the browser came with. */
export async function openSession(c: Context, desk: ConsoleDesk, user_id: string): Promise<void> {
  await closeSession(c, desk)
  const token = newToken('')
  const now = desk.clock()
  const expires_at = new Date(now.getTime() + MOST_DAYS * 86_400_000)
  await beginSession(desk.db, { token_hash: hashToken(token), user_id, now, expires_at })
  setCookie(c, cookieName(desk), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax', // a link from Slack or a mail must find its reader signed in
    secure: isSecure(desk),
    maxAge: MOST_DAYS * 86_400,
  })
}

/** Ends the session of this browser, if it has one. */
export async function closeSession(c: Context, desk: ConsoleDesk): Promise<void> {
  const token = getCookie(c, cookieName(desk))
  if (token === undefined) return
  await endSession(desk.db, hashToken(token))
  deleteCookie(c, cookieName(desk), { path: '/', secure: isSecure(desk) })
}

/** Who is signed in with this browser. */
export async function findPerson(c: Context, desk: ConsoleDesk): Promise<Person | undefined> {
  const token = getCookie(c, cookieName(desk))
  if (token === undefined) return undefined
  const now = desk.clock()
  const hash = hashToken(token)
  const found = await selectSession(desk.readDb, hash, now).executeTakeFirst()
  if (!found) return undefined
  const { last_seen_at, ...person } = found
  if (now.getTime() - last_seen_at.getTime() > SEEN_MINUTES * 60_000) await seen(desk.db, hash, now)
  return person
}

function selectSession(db: ReadDb, hash: Buffer, now: Date) {
  return db
    .selectFrom('console_sessions as s')
    .innerJoin('users as u', 'u.user_id', 's.user_id')
    .select(['u.user_id', 'u.name', 'u.email', 's.last_seen_at'])
    .where('s.token_hash', '=', hash)
    .where('s.expires_at', '>', now)
    .where('s.last_seen_at', '>', new Date(now.getTime() - IDLE_HOURS * 3_600_000))
}

async function seen(db: Db, hash: Buffer, now: Date) {
  await db.updateTable('console_sessions').set({ last_seen_at: now }).where('token_hash', '=', hash).execute()
}

export const isSecure = ({ publicUrl }: ConsoleDesk) => publicUrl?.startsWith('https:') ?? false
// the prefix keeps other hosts of the same domain from setting it; browsers take it over https only
const cookieName = (desk: ConsoleDesk) => (isSecure(desk) ? '__Host-salesdesk' : 'salesdesk')
