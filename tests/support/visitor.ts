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
export type Form = Readonly<Record<string, string | readonly string[]>>
/** A browser without JavaScript: it keeps cookies and sends forms as a browser does. */
export interface Visitor {
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  /** A list of values is a field that is there several times. */
  post(path: string, form?: Form, headers?: Record<string, string>): Promise<Answer>
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
        body: new URLSearchParams(
          Object.entries(form).flatMap(([name, value]) =>
            [value].flat().map((one): [string, string] => [name, one]),
          ),
        ),
        headers: { origin: desk.url, ...headers },
      }),
  }
}

/** What the form of that id on a page would send if nobody touched it, apart from its buttons. */
export function formIn({ html }: Answer, id: string): Record<string, string | string[]> {
  const [form = ''] = new RegExp(`<form[^>]*id="${id}"[\\s\\S]*?</form>`).exec(html) ?? []
  return fieldsIn(form)
}

/** The same of a form as it is written. */
export function fieldsIn(form: string): Record<string, string | string[]> {
  const sent: Record<string, string[]> = {}
  const add = (name: string | undefined, value: string) =>
    name !== undefined && (sent[name] ??= []).push(unescaped(value))
  const attribute = (tag: string, name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  const controls = /<input[^>]*>|<textarea[^>]*>[\s\S]*?<\/textarea>|<select[^>]*>[\s\S]*?<\/select>/g
  for (const [control] of form.matchAll(controls)) {
    const [tag = ''] = /^<[^>]*>/.exec(control) ?? []
    const name = attribute(tag, 'name')
    if (tag.startsWith('<textarea')) add(name, control.slice(tag.length, -'</textarea>'.length))
    else if (tag.startsWith('<select')) {
      const options = [...control.matchAll(/<option[^>]*>/g)].map(([option]) => option)
      const chosen = options.find((option) => / selected/.test(option)) ?? options[0] ?? ''
      add(name, attribute(chosen, 'value') ?? '')
    } else if (!/type="(checkbox|radio)"/.test(tag) || / checked/.test(tag))
      add(name, attribute(tag, 'value') ?? '')
  }
  return Object.fromEntries(
    Object.entries(sent).map(([name, [one = '', ...more]]) => [name, more.length > 0 ? [one, ...more] : one]),
  )
}

const unescaped = (text: string) =>
  text.replaceAll(
    /&(quot|#39|lt|gt|amp);/g,
    (_, name: string) => ({ quot: '"', '#39': "'", lt: '<', gt: '>', amp: '&' })[name] ?? '',
  )

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
