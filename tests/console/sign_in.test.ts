import type { scrypt, ScryptOptions } from 'node:crypto'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { invite } from '../../src/commands/people/invite.ts'
import { hashPassword } from '../../src/passwords.ts'
import { testDesk } from '../support/desk.ts'
import { listenToQueries } from '../support/queries_sent.ts'
import { ask } from '../support/raw_http.ts'
import { member, password, visitor } from '../support/visitor.ts'

const sent = listenToQueries()
const desk = testDesk()
afterAll(sent.end)
const operator = { kind: 'operator', name: 'the operator' } as const
const link = (email?: string) =>
  invite(desk.db, operator, { tenant_id: 'northwind', role: 'admin', now: desk.now, ...(email && { email }) })

describe('an invitation', () => {
  it('lets the first person in, who says the email, and makes them what it promised', async () => {
    const browser = visitor(desk)
    const token = await link()
    expect((await browser.get(`/console/invitation/${token}`)).html).toContain('Welcome to Northwind')
    const answer = await browser.post(`/console/invitation/${token}`, {
      email: 'First@Northwind.example',
      name: 'First Person',
      password,
    })
    expect([answer.status, answer.to]).toEqual([303, '/console/northwind'])
    const page = await browser.get('/console/northwind')
    expect(page.html).toContain('First Person · admin')
  })

  it('can be opened any number of times, and accepted once', async () => {
    const token = await link('once@northwind.example')
    const [one, two] = [visitor(desk), visitor(desk)]
    await one.get(`/console/invitation/${token}`)
    const form = { name: 'Once', password }
    const answers = await Promise.all([one, two].map((who) => who.post(`/console/invitation/${token}`, form)))
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 404])
  })

  it('is over after seven days', async () => {
    const token = await link('late@northwind.example')
    const before = desk.now
    desk.now = new Date(before.getTime() + 7 * 86_400_000 + 1)
    expect((await visitor(desk).get(`/console/invitation/${token}`)).status).toBe(404)
    desk.now = before
  })

  it('says beside each field what is wrong with it, and keeps what was written', async () => {
    const answer = await visitor(desk).post(`/console/invitation/${await link()}`, {
      email: 'nobody',
      name: 'Kept <b>Name</b>',
      password: 'short',
    })
    expect(answer.status).toBe(422)
    expect(answer.html).toContain('At least 12 characters.')
    expect(answer.html).toContain('An email address')
    expect(answer.html).toContain('Kept &lt;b&gt;Name&lt;/b&gt;')
  })

  it('gives somebody who works here already a further publisher only for their own password', async () => {
    const { email } = await member(desk, 'viewer', 'Known Person')
    const token = await link(email)
    const stranger = await visitor(desk).post(`/console/invitation/${token}`, {
      password: 'not the password',
    })
    expect(stranger.status).toBe(422)
    const known = await visitor(desk).post(`/console/invitation/${token}`, { password })
    expect(known.status).toBe(303)
  })
})

describe('how long signing in takes', () => {
  const crypto = createRequire(import.meta.url)('node:crypto') as { scrypt: typeof scrypt }
  const real = crypto.scrypt
  const derived: string[] = []
  beforeAll(() => {
    crypto.scrypt = ((...given: Parameters<typeof scrypt>) => {
      const [, , length, { N, r, p }] = given as unknown as [unknown, unknown, number, ScryptOptions]
      derived.push(JSON.stringify([length, N, r, p]))
      real(...given)
    }) as typeof scrypt
    syncBuiltinESMExports()
  })
  afterAll(() => {
    crypto.scrypt = real
    syncBuiltinESMExports()
  })

  it('is the same work for whoever is not let in: one scrypt of one cost and the same statements, so time tells nothing', async () => {
    const known = await member(desk, 'viewer', 'Known By Time')
    const without = await member(desk, 'viewer', 'Without A Password')
    // those of other tests are hashed in a hurry
    const password_hash = await hashPassword(password)
    await desk.db.updateTable('users').set({ password_hash }).where('user_id', '=', known.user_id).execute()
    await desk.db
      .updateTable('users')
      .set({ password_hash: null })
      .where('user_id', '=', without.user_id)
      .execute()
    const work = async (email: string, tried: string) => {
      derived.length = 0
      sent.heard.length = 0
      const { status } = await visitor(desk).post('/console/sign-in', { email, password: tried })
      return { status, derived: [...derived], statements: sent.heard.map(({ text }) => text) }
    }
    // a first one opens connections, which is work of its own
    await work('warms.up@northwind.example', 'not the password')
    const wrong = await work(known.email, 'not the password')
    expect(wrong.statements.length).toBeGreaterThan(0)
    expect(wrong.derived).toEqual([JSON.stringify([32, 32_768, 8, 3])])
    expect(await work('nobody@northwind.example', 'not the password')).toEqual(wrong)
    expect(await work(without.email, 'not the password')).toEqual(wrong)
    expect(await work(known.email.toUpperCase(), `${password} `)).toEqual(wrong)
    expect(await work(`${known.email}\u200b`, password)).toEqual(wrong)
    const right = await work(known.email, password)
    expect([right.status, right.derived]).toEqual([303, wrong.derived])
  })

  it('is not told by being turned away after too many: those nobody has are turned away alike', async () => {
    const { email } = await member(desk, 'viewer', 'Guessed At')
    for (const one of [email, 'guessed.at.nobody@northwind.example']) {
      await desk.db
        .insertInto('sign_in_failures')
        .values({ subject: `email ${one}`, failures: 10, last_at: desk.now })
        .execute()
      derived.length = 0
      const { status } = await visitor(desk).post('/console/sign-in', { email: one, password })
      expect([status, derived]).toEqual([429, []])
    }
  })
})

describe('signing in', () => {
  it('and signing out stand in the audit log, a wrong password does not', async () => {
    const { email, user_id } = await member(desk, 'viewer', 'Seen Coming')
    const browser = visitor(desk)
    await browser.post('/console/sign-in', { email, password: 'not the password' })
    await browser.post('/console/sign-in', { email, password })
    await browser.post('/console/sign-out')
    await browser.post('/console/sign-out')
    const lines = await desk.db
      .selectFrom('audit_log')
      .select(['action', 'actor', 'user_id', 'tenant_id'])
      .where('subject_id', '=', user_id)
      .orderBy('audit_id')
      .execute()
    const line = { actor: 'Seen Coming', user_id, tenant_id: 'northwind' }
    expect(lines).toEqual([
      { action: 'sign_in', ...line },
      { action: 'sign_out', ...line },
    ])
  })

  it('leads to the page that was asked for', async () => {
    const { email } = await member(desk, 'viewer', 'Back Again')
    const browser = visitor(desk)
    const turned = await browser.get('/console/northwind/approvals?x=1')
    expect(turned.to).toBe('/console/sign-in?to=%2Fconsole%2Fnorthwind%2Fapprovals%3Fx%3D1')
    const answer = await browser.post('/console/sign-in', {
      email,
      password,
      to: '/console/northwind/approvals',
    })
    expect([answer.status, answer.to]).toEqual([303, '/console/northwind/approvals'])
  })

  it('never leads to another site', async () => {
    const { email } = await member(desk, 'viewer', 'Elsewhere')
    for (const to of [
      'https://evil.example/',
      '//evil.example',
      '/console/../../evil',
      '/console//evil.example',
    ])
      expect((await visitor(desk).post('/console/sign-in', { email, password, to })).to).toMatch(/^\/console/)
  })

  it('tells a wrong password and an unknown email in the same words', async () => {
    const { email } = await member(desk, 'viewer', 'Wrong Password')
    const wrong = await visitor(desk).post('/console/sign-in', { email, password: 'not this one at all' })
    const unknown = await visitor(desk).post('/console/sign-in', { email: 'no@body.example', password })
    expect([wrong.status, unknown.status]).toEqual([422, 422])
    expect(unknown.html).toBe(wrong.html.replace(email, 'no@body.example'))
  })

  it('is refused after ten wrong passwords at once, even with the right one, for a quarter of an hour', async () => {
    const { email } = await member(desk, 'viewer', 'Guessed At')
    const guesses = Array.from({ length: 12 }, (_, n) =>
      visitor(desk).post('/console/sign-in', { email, password: `guess number ${n}` }),
    )
    const statuses = (await Promise.all(guesses)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([...Array<number>(10).fill(422), 429, 429])
    const enter = () => visitor(desk).post('/console/sign-in', { email, password })
    expect((await enter()).status).toBe(429)
    desk.now = new Date(desk.now.getTime() + 15 * 60_000 + 1)
    expect((await enter()).status).toBe(303)
  })

  it('ends with signing out, after half a day of nothing, and after a week', async () => {
    const out = await member(desk, 'viewer', 'Signing Out')
    const stolen = new Map(out.cookies)
    await out.post('/console/sign-out')
    stolen.forEach((value, name) => out.cookies.set(name, value))
    expect((await out.get('/console/northwind')).status).toBe(303)
    const idle = await member(desk, 'viewer', 'Gone For Lunch')
    desk.now = new Date(desk.now.getTime() + 12 * 3_600_000 + 1)
    expect((await idle.get('/console/northwind')).status).toBe(303)
  })

  it('makes a new session each time and forgets the one before', async () => {
    const browser = await member(desk, 'viewer', 'Fresh Cookie')
    const before = browser.cookies.get('salesdesk')
    await browser.post('/console/sign-in', { email: browser.email, password })
    expect(browser.cookies.get('salesdesk')).not.toBe(before)
    browser.cookies.set('salesdesk', before ?? '')
    expect((await browser.get('/console/northwind')).status).toBe(303)
  })
})

describe('a page', () => {
  it('of a publisher one does not work for is not there', async () => {
    const browser = await member(desk, 'admin', 'Only Northwind')
    expect((await browser.get('/console/southwind')).status).toBe(404)
  })

  it('refuses a form another site has sent', async () => {
    const browser = await member(desk, 'admin', 'Lured Away')
    const forged = { origin: 'http://localhost:1', 'sec-fetch-site': 'cross-site' }
    expect((await browser.post('/console/sign-out', {}, forged)).status).toBe(403)
    expect((await browser.get('/console/northwind')).status).toBe(200)
  })

  it('runs no script but our own, is framed by nobody and kept by no cache', async () => {
    const browser = await member(desk, 'viewer', 'Careful')
    const { headers, html } = await browser.get('/console/northwind')
    expect(headers.get('content-security-policy')).toMatch(/script-src 'self';/)
    expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son[a-z]+=|<style|\sstyle=/)
  })

  it('and everything around it is kept by no cache: addresses of invitations are secrets', async () => {
    for (const path of [
      '/sign-in',
      '/invitation/x',
      '/northwind',
      '/account',
      '/nothing-here',
      '/northwind/buyers',
    ])
      expect([path, (await visitor(desk).get(`/console${path}`)).headers.get('cache-control')]).toEqual([
        path,
        'no-store',
      ])
  })
})

describe('what no browser sends', () => {
  it('is turned away unread where it has no end, also from strangers', async () => {
    const email = 'a'.repeat(600_000)
    expect((await visitor(desk).post('/console/sign-in', { email, password })).status).toBe(413)
    const endless = await ask(`${desk.url}/console/sign-in`, {
      headers: { origin: desk.url, 'content-type': 'application/x-www-form-urlencoded' },
      body: [Buffer.from('email=a'), Buffer.from('&password=b')],
    })
    expect(endless.status).toBe(411)
    const browser = await member(desk, 'admin', 'Much To Say')
    expect((await browser.post('/console/northwind/buyers/new', { name: email })).status).toBe(413)
  })

  it('breaks nothing and is not kept: emails nobody has, characters no text holds', async () => {
    const long = Array.from({ length: 12_000 }, () => Math.random().toString(36).slice(2, 3)).join('')
    for (const email of [long, 'a\0b@northwind.example', '\ud800'])
      expect([
        email.length,
        (await visitor(desk).post('/console/sign-in', { email, password })).status,
      ]).toEqual([email.length, 422])
    const browser = await member(desk, 'admin', 'Odd Keys')
    for (const room of [
      'buyers',
      'products',
      'media_buys',
      'audit',
      'webhooks',
      'creatives',
      'approvals',
      'jobs',
    ])
      for (const address of [`${room}?q=%00`, `${room}/%00`])
        expect([address, (await browser.get(`/console/northwind/${address}`)).status]).toEqual([address, 400])
    const made = await browser.post('/console/northwind/buyers/new', {
      name: 'N\0ul',
      principal_id: 'nul_buyer',
    })
    expect([made.status, (await browser.get(made.to ?? '')).html.includes('Nul')]).toEqual([303, true])
  })
})
