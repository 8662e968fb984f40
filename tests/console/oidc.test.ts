import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { invite } from '../../src/commands/people/invite.ts'
import { readConfig } from '../../src/config.ts'
import { testDesk } from '../support/desk.ts'
import { listeningLog } from '../support/log_lines.ts'
import { client, testProvider, type Subject } from '../support/oidc_provider.ts'
import { member, password, visitor, type Visitor } from '../support/visitor.ts'

const provider = await testProvider()
const listening = listeningLog()
const variables = {
  OIDC_ISSUER: provider.issuer,
  OIDC_CLIENT_ID: client.client_id,
  OIDC_CLIENT_SECRET: client.client_secret,
  OIDC_NAME: 'Northwind accounts',
}
const desk = testDesk(variables, { log: listening.log })
beforeAll(() => provider.serve(desk.url))
afterAll(() => provider.stop())

const pathOf = (url: string) => url.slice(desk.url.length)
/** Goes to the provider as this subject and comes back. */
async function come(browser: Visitor, subject: string, query = '') {
  const away = await browser.get(`/console/oidc${query}`)
  return browser.get(pathOf(await provider.signIn(away.to ?? '', subject)))
}
let serial = 0
function known(subject: Subject): string {
  const id = `subject-${++serial}`
  provider.subjects.set(id, { email_verified: true, ...subject })
  return id
}
const operator = { kind: 'operator', name: 'the operator' } as const
const invited = (email?: string) =>
  invite(desk.db, operator, {
    tenant_id: 'northwind',
    role: 'approver',
    now: desk.now,
    ...(email && { email }),
  })
const person = (email: string) =>
  desk.db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()

describe('signing in with the publisher’s identity provider', () => {
  it('is offered beside the password', async () => {
    const { html } = await visitor(desk).get('/console/sign-in?to=/console/northwind/approvals')
    expect(html).toContain('Sign in with Northwind accounts')
    expect(html).toContain('/console/oidc?to=%2Fconsole%2Fnorthwind%2Fapprovals')
    expect(html).toContain('name="password"')
  })

  it('lets a member in by the verified email, to the page that was asked for, under a new session', async () => {
    const ada = await member(desk, 'manager', 'Ada')
    const browser = visitor(desk)
    browser.cookies.set('salesdesk', 'planted by somebody')
    const back = await come(
      browser,
      known({ email: ada.email.toUpperCase() }),
      '?to=/console/northwind/approvals',
    )
    expect([back.status, back.to]).toEqual([303, '/console/northwind/approvals'])
    expect(browser.cookies.get('salesdesk')).not.toBe('planted by somebody')
    expect((await browser.get('/console/northwind')).html).toContain('Ada · manager')
  })

  it('lets somebody in whom an admin has invited, without any password', async () => {
    await invited('new@northwind.example')
    const browser = visitor(desk)
    await come(browser, known({ email: 'new@northwind.example', name: 'New Colleague' }))
    expect((await browser.get('/console/northwind')).html).toContain('New Colleague · approver')
    expect((await person('new@northwind.example'))?.password_hash).toBeNull()
    expect((await browser.get('/console/account')).html).toContain('have no password here')
  })

  it('accepts the link of the first person, which names nobody', async () => {
    const token = await invited()
    const browser = visitor(desk)
    expect((await browser.get(`/console/invitation/${token}`)).html).toContain('with Northwind accounts')
    await come(browser, known({ email: 'first@northwind.example' }), `?invitation=${token}`)
    expect((await browser.get('/console/northwind')).status).toBe(200)
    expect((await visitor(desk).get(`/console/invitation/${token}`)).status).toBe(404)
  })

  it('accepts no link that was sent to somebody else', async () => {
    const token = await invited('meant@northwind.example')
    const back = await come(
      visitor(desk),
      known({ email: 'other@northwind.example' }),
      `?invitation=${token}`,
    )
    expect([back.status, back.html.includes('You work for no publisher here')]).toEqual([403, true])
    expect((await visitor(desk).get(`/console/invitation/${token}`)).status).toBe(200)
  })

  it('makes one person of a newcomer who comes with two browsers at once', async () => {
    await invited('twice@northwind.example')
    const subject = known({ email: 'twice@northwind.example' })
    const backs = await Promise.all([visitor(desk), visitor(desk)].map((browser) => come(browser, subject)))
    expect(backs.map(({ status }) => status)).toEqual([303, 303])
  })

  it('keeps out who is not invited, and makes nobody of them', async () => {
    const back = await come(visitor(desk), known({ email: 'stranger@else.example' }))
    expect([back.status, back.html.includes('You work for no publisher here')]).toEqual([403, true])
    expect(await person('stranger@else.example')).toBeUndefined()
  })

  it('takes nobody’s word for an email: one that is not verified opens nothing', async () => {
    const victim = await member(desk, 'admin', 'Victim')
    for (const email_verified of [false, undefined] as (boolean | undefined)[]) {
      const id = known({ email: victim.email })
      provider.subjects.set(id, {
        email: victim.email,
        ...(email_verified !== undefined && { email_verified }),
      })
      const back = await come(visitor(desk), id)
      expect([back.status, back.html.includes('does not say that your email')]).toEqual([403, true])
    }
  })

  it('knows somebody by the provider’s id from then on: a changed email is no matter, the same email on another account is refused', async () => {
    const bea = await member(desk, 'viewer', 'Bea')
    const hers = known({ email: bea.email })
    await come(visitor(desk), hers)
    provider.subjects.set(hers, { email: 'bea.married@northwind.example', email_verified: false })
    expect((await come(visitor(desk), hers)).status).toBe(303)
    const back = await come(visitor(desk), known({ email: bea.email }))
    expect([back.status, back.html.includes('another account of Northwind accounts')]).toEqual([403, true])
  })

  it('keeps out who was removed, however well the provider knows them', async () => {
    const gone = await member(desk, 'viewer', 'Gone')
    const subject = known({ email: gone.email })
    await come(visitor(desk), subject)
    await desk.db.deleteFrom('memberships').where('user_id', '=', gone.user_id).execute()
    expect((await come(visitor(desk), subject)).status).toBe(403)
  })

  it('gives nobody who works here another role by an invitation that lies about', async () => {
    const boss = await member(desk, 'admin', 'Boss')
    await invited(boss.email)
    const browser = visitor(desk)
    await come(browser, known({ email: boss.email }))
    expect((await browser.get('/console/northwind')).html).toContain('Boss · admin')
  })
})

describe('what came back from the provider', () => {
  it('opens the browser that began it and no other, and only once', async () => {
    const cleo = await member(desk, 'viewer', 'Cleo')
    const [hers, thiefs] = [visitor(desk), visitor(desk)]
    const away = await hers.get('/console/oidc')
    const back = pathOf(await provider.signIn(away.to ?? '', known({ email: cleo.email })))
    await thiefs.get('/console/oidc')
    const stolen = await thiefs.get(back)
    expect([stolen.status, thiefs.cookies.has('salesdesk')]).toEqual([403, false])
    expect((await visitor(desk).get(back)).html).toContain('begun in another browser')
    expect((await hers.get(back)).status).toBe(303)
    const again = await hers.get(back)
    expect([again.status, again.html.includes('used before')]).toEqual([403, true])
  })

  it('is refused where the code was meant for another sign-in of the same browser', async () => {
    const dan = await member(desk, 'viewer', 'Dan')
    const browser = visitor(desk)
    const subject = known({ email: dan.email })
    const first = new URL(await provider.signIn((await browser.get('/console/oidc')).to ?? '', subject))
    const second = new URL(await provider.signIn((await browser.get('/console/oidc')).to ?? '', subject))
    second.searchParams.set('code', first.searchParams.get('code') ?? '')
    const back = await browser.get(second.pathname + second.search)
    expect([back.status, browser.cookies.has('salesdesk')]).toEqual([403, false])
  })

  it('may be a no, which is told in words of ours', async () => {
    const browser = visitor(desk)
    const state = new URL((await browser.get('/console/oidc')).to ?? '').searchParams.get('state') ?? ''
    const said = new URLSearchParams({
      error: 'access_denied',
      error_description: '<b>evil</b>',
      state,
      iss: provider.issuer,
    })
    const back = await browser.get(`/console/oidc/callback?${said.toString()}`)
    expect([back.status, back.html.includes('did not let you in')]).toEqual([403, true])
    expect(back.html).not.toContain('evil')
  })

  it('leaves no code, token or secret in the log', () => {
    expect(listening.text()).not.toContain(client.client_secret)
    expect(listening.text()).not.toMatch(/code=|eyJ/)
  })
})

describe('a desk where nobody has a password', () => {
  const strict = testDesk({ ...variables, PASSWORD_SIGN_IN: 'false' })

  it('offers none, takes none and makes none', async () => {
    const { html } = await visitor(strict).get('/console/sign-in')
    expect(html).toContain('Sign in with Northwind accounts')
    expect(html).not.toContain('name="password"')
    const { email } = await member(strict, 'viewer', 'Has One')
    expect((await visitor(strict).post('/console/sign-in', { email, password })).status).toBe(403)
    const token = await invite(strict.db, operator, {
      tenant_id: 'northwind',
      role: 'admin',
      now: strict.now,
    })
    const form = { email: 'x@northwind.example', name: 'X', password }
    expect((await visitor(strict).get(`/console/invitation/${token}`)).html).not.toContain('name="password"')
    expect((await visitor(strict).post(`/console/invitation/${token}`, form)).status).toBe(403)
  })

  it('is not one where nobody could come in at all', () => {
    expect(() => readConfig({ PASSWORD_SIGN_IN: 'false' })).toThrow('OIDC_ISSUER')
    expect(() => readConfig({ OIDC_ISSUER: 'https://id.example' })).toThrow('OIDC_CLIENT_ID')
    expect(() => readConfig({ OIDC_ISSUER: 'http://id.example', OIDC_CLIENT_ID: 'x' })).toThrow('https')
  })
})

describe('a provider that is away', () => {
  it('is told as that, and who has a password still comes in', async () => {
    const { email } = await member(desk, 'viewer', 'Patient')
    const browser = visitor(desk)
    const away = await browser.get('/console/oidc')
    const back = pathOf(await provider.signIn(away.to ?? '', known({ email })))
    await provider.stop()
    const answer = await browser.get(back)
    expect([answer.status, answer.html.includes('cannot be reached right now')]).toEqual([503, true])
    expect(answer.html).toContain('Sign in with a password')
    expect((await browser.post('/console/sign-in', { email, password })).status).toBe(303)
  })
})
