import { scryptSync } from 'node:crypto'
import type { UserRole } from '../../src/db/schema.ts'
import { newId } from '../../src/ids.ts'
import { hashToken, newToken } from '../../src/tokens.ts'
import type { TestDesk } from './desk.ts'

export interface Answer {
  status: number
  /** Where a redirect leads. */
  to: string | null
  html: string
  headers: Headers
}
/** A browser without JavaScript: it keeps cookies and sends forms as a browser does. */
export interface Visitor {
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, form?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>
  /** What its cookies are now. */
  cookies: Map<string, string>
}

/** A browser that nobody is signed in with. */
export function visitor(desk: TestDesk): Visitor {
  const cookies = new Map<string, string>()
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie && { cookie }), ...(init.headers as Record<string, string>) }
    const response = await fetch(desk.url + path, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) keep(cookies, line)
    const { status } = response
    return {
      status,
      to: response.headers.get('location'),
      html: await response.text(),
      headers: response.headers,
    }
  }
  return {
    cookies,
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, form = {}, headers = {}) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: { origin: desk.url, ...headers },
      }),
  }
}

function keep(cookies: Map<string, string>, line: string) {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
  if (/max-age=0/i.test(line)) cookies.delete(name)
  else cookies.set(name, value)
}

export const password = 'correct horse battery staple'
/** The same as it is kept, at a cost for tests. */
const quickHash = () => {
  const salt = Buffer.alloc(16, 1)
  const hash = scryptSync(password, salt, 32, { N: 16, r: 1, p: 1 })
  return `scrypt$16$1$1$${salt.toString('base64')}$${hash.toString('base64')}`
}

/** Somebody who works for Northwind (or another publisher) in that role, signed in. */
export async function member(desk: TestDesk, role: UserRole, name = `Ada ${role}`, tenant_id = 'northwind') {
  const browser = visitor(desk)
  const [user_id, token] = [newId('usr'), newToken('')]
  const email = `${name.toLowerCase().replaceAll(' ', '.')}.${user_id.slice(-6).toLowerCase()}@${tenant_id}.example`
  await desk.db.insertInto('users').values({ user_id, email, name, password_hash: quickHash() }).execute()
  await desk.db.insertInto('memberships').values({ tenant_id, user_id, role }).execute()
  const session = {
    created_at: desk.now,
    last_seen_at: desk.now,
    expires_at: new Date(desk.now.getTime() + 7 * 86_400_000),
  }
  await desk.db
    .insertInto('console_sessions')
    .values({ token_hash: hashToken(token), user_id, ...session })
    .execute()
  browser.cookies.set('salesdesk', token)
  return Object.assign(browser, { email, name, user_id })
}
