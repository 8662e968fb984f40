import { beforeAll, describe, expect, it } from 'vitest'
import { readApprovalPolicy } from '../../src/queries/approval_policy.ts'
import { aPurchase, testDesk } from '../support/desk.ts'
import { member, password, visitor } from '../support/visitor.ts'

const desk = testDesk({
  SLACK_SIGNING_SECRET: 'signs',
  SLACK_CLIENT_ID: 'desk-client',
  SLACK_CLIENT_SECRET: 'desk-client-secret',
})
type Someone = Awaited<ReturnType<typeof member>>
let admin: Someone
beforeAll(async () => {
  admin = await member(desk, 'admin', 'Ada Admin')
})

const at = (rest = '') => `/console/northwind/settings${rest}`
const unescaped = (html: string) => html.replaceAll('&quot;', '"').replaceAll('&amp;', '&')
/** What a browser would send: every field of the page as it stands. */
async function formAt(who: Someone, path: string): Promise<Record<string, string>> {
  const { html } = await who.get(path)
  const inputs = [...html.matchAll(/<input\b[^>]*>/g)].flatMap(([tag]) => {
    const value = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
    if (value('type') === 'checkbox' && !/\schecked/.test(tag)) return []
    return [[value('name'), unescaped(value('value') ?? '')]]
  })
  const areas = [...html.matchAll(/<textarea\b[^>]*name="([^"]*)"[^>]*>([^<]*)</g)].map(([, n, v = '']) => [
    n,
    unescaped(v),
  ])
  const selects = [...html.matchAll(/<select\b[^>]*name="([^"]*)".*?<option value="([^"]*)" selected/gs)]
  return Object.fromEntries([...inputs, ...areas, ...selects.map(([, n, v]) => [n, v])]) as Record<
    string,
    string
  >
}
const audited = (action: string) =>
  desk.db
    .selectFrom('audit_log')
    .selectAll()
    .where('action', '=', action)
    .orderBy('audit_id', 'desc')
    .executeTakeFirst()

describe('how a publisher sells', () => {
  it('sent as it stands changes nothing and leaves no trace', async () => {
    await admin.post(at(), await formAt(admin, at()))
    expect(await audited('change_settings')).toBeUndefined()
  })

  it('counts from the next call on, and the audit log has what changed and who did it', async () => {
    await admin.post(at(), { ...(await formAt(admin, at())), max_media_buy_budget: '3,999' })
    const buyer = await desk.buyer()
    const { body } = await buyer.call('create_media_buy', aPurchase({}, desk.now))
    expect(body.adcp_error?.code).toBe('BUDGET_EXCEEDED')
    expect(await audited('change_settings')).toMatchObject({
      actor: 'Ada Admin',
      user_id: admin.user_id,
      detail: { before: { max_media_buy_budget: '1500000.00' }, after: { max_media_buy_budget: '3999.00' } },
    })
    await admin.post(at(), { ...(await formAt(admin, at())), max_media_buy_budget: '' })
    expect((await buyer.call('create_media_buy', aPurchase({}, desk.now))).isError).toBe(false)
  })

  it('sells in the currencies it says, and keeps those something on sale is priced in', async () => {
    const form = await formAt(admin, at())
    expect(form['currencies']).toBe('USD, EUR, GBP')
    await admin.post(at(), { ...form, currencies: 'eur, usd gbp; CHF' })
    expect((await formAt(admin, at()))['currencies']).toBe('EUR, USD, GBP, CHF')
    expect(await audited('change_settings')).toMatchObject({
      detail: {
        before: { currencies: ['USD', 'EUR', 'GBP'] },
        after: { currencies: expect.arrayContaining(['CHF']) },
      },
    })
    const refused = await admin.post(at(), { ...form, currencies: 'USD, CHF' })
    expect(refused.status).toBe(422)
    expect(refused.html).toMatch(/(EUR|GBP) is still used by [A-Z]/)
    expect(refused.html).toContain('value="USD, CHF"')
    for (const currencies of ['', 'EUR, XQX', 'euros'])
      expect((await admin.post(at(), { ...form, currencies })).status).toBe(422)
    expect((await admin.post(at(), form)).status).toBe(303)
    expect((await formAt(admin, at()))['currencies']).toBe('USD, EUR, GBP')
  })

  it('hides what nobody has verified as soon as that is no longer sold', async () => {
    const { sells_unverified: _ticked, ...rest } = await formAt(admin, at())
    await admin.post(at(), rest)
    const buyer = await desk.buyer()
    const products = async () =>
      (await buyer.call('get_products', { buying_mode: 'wholesale' })).body['products'] as unknown[]
    expect(await products()).toEqual([])
    await admin.post(at(), { ...rest, sells_unverified: 'yes' })
    expect((await products()).length).toBeGreaterThan(0)
  })

  it('says beside each field what is wrong with it', async () => {
    const form = await formAt(admin, at())
    const answer = await admin.post(at(), { ...form, name: '', behind_percent: '0', io_terms_url: 'terms' })
    expect(answer.status).toBe(422)
    for (const words of ['What buyers call you.', 'A whole number from 1 to 100.', 'begins with https'])
      expect(answer.html).toContain(words)
  })
})

describe('the approval policy', () => {
  it('of the form decides who is asked', async () => {
    const form = await formAt(admin, at('/approvals'))
    const limits = { 'auto_approve_under.EUR': '1,000', 'four_eyes_above.EUR': '3000' }
    const wanted = { ...form, ...limits, decide_within_hours: '24', review_creatives: 'all' }
    expect((await admin.post(at('/approvals'), wanted)).status).toBe(303)
    expect(await readApprovalPolicy(desk.db, 'northwind')).toMatchObject({
      limits: [{ currency: 'EUR', auto_approve_under: 1000, four_eyes_above: 3000 }],
      decide_within_hours: 24,
      review_creatives: 'all',
    })
    const buyer = await desk.buyer()
    await buyer.call('create_media_buy', aPurchase({}, desk.now))
    const step = await desk.db
      .selectFrom('workflow_steps')
      .select('approvals_needed')
      .orderBy('created_at', 'desc')
      .executeTakeFirstOrThrow()
    expect(step.approvals_needed).toBe(2)
    expect(await formAt(admin, at('/approvals'))).toMatchObject({ 'four_eyes_above.EUR': '3,000' })
  })

  it('that makes no sense is refused beside the fields, with what was typed', async () => {
    const form = await formAt(admin, at('/approvals'))
    const answer = await admin.post(at('/approvals'), {
      ...form,
      'auto_approve_under.EUR': '5000',
      'four_eyes_above.EUR': '100',
      remind_after_hours: 'often',
    })
    expect(answer.status).toBe(422)
    expect(answer.html).toContain('Is less than auto approve under.')
    expect(answer.html).toContain('Must be a number.')
    expect(answer.html).toContain('value="often"')
  })
})

describe('an admin', () => {
  it('invites somebody by a link that is shown once, and withdraws it', async () => {
    const answer = await admin.post(at('/people/invite'), {
      email: 'New@Northwind.example',
      role: 'approver',
    })
    const link = /http:\/\/[^<\s]+\/console\/invitation\/[\w-]+/.exec(answer.html)?.[0] ?? ''
    const page = await admin.get(at('/people'))
    expect(page.html).toContain('new@northwind.example')
    expect(page.html).not.toContain(link)
    expect((await visitor(desk).get(new URL(link).pathname)).html).toContain('approver')
    await admin.post(at('/people/withdraw'), { email: 'new@northwind.example' })
    expect((await visitor(desk).get(new URL(link).pathname)).status).toBe(404)
    expect(await audited('withdraw_invitation')).toMatchObject({ actor: 'Ada Admin' })
  })

  it('changes a role, which counts from the next click on', async () => {
    const ben = await member(desk, 'viewer', 'Ben')
    await admin.post(at(`/people/${ben.user_id}/role`), { role: 'manager' })
    expect((await ben.get('/console/northwind')).html).toContain('Ben · manager')
    expect(await audited('change_role')).toMatchObject({ detail: { before: 'viewer', after: 'manager' } })
  })

  it('removes somebody, whose next click leads nowhere', async () => {
    const gone = await member(desk, 'manager', 'Gone Soon')
    await admin.post(at(`/people/${gone.user_id}/remove`))
    expect((await gone.get('/console/northwind')).status).toBe(404)
  })

  it('signs somebody out of every browser', async () => {
    const lost = await member(desk, 'viewer', 'Lost Laptop')
    await admin.post(at(`/people/${lost.user_id}/sign-out`))
    expect((await lost.get('/console/northwind')).status).toBe(303)
  })

  it('touches nobody who works for other publishers only', async () => {
    const stranger = await member(desk, 'viewer', 'Not Ours')
    await desk.db.deleteFrom('memberships').where('user_id', '=', stranger.user_id).execute()
    await admin.post(at(`/people/${stranger.user_id}/sign-out`))
    const sessions = desk.db.selectFrom('console_sessions').where('user_id', '=', stranger.user_id)
    expect(await sessions.selectAll().execute()).toHaveLength(1)
  })

  it('stays while they are the last one: two that demote each other at once leave one', async () => {
    const second = await member(desk, 'admin', 'Second Admin')
    const demote = (who: Someone, whom: Someone) =>
      who.post(at(`/people/${whom.user_id}/role`), { role: 'viewer' })
    await Promise.all([demote(admin, second), demote(second, admin)])
    const admins = desk.db.selectFrom('memberships').select('user_id').where('role', '=', 'admin')
    const left = await admins.execute()
    expect(left).toHaveLength(1)
    const last = left[0]?.user_id === admin.user_id ? admin : second
    await last.post(at(`/people/${last.user_id}/remove`))
    expect((await last.get(at('/people'))).html).toContain('they are the last admin')
    await last.post(at(`/people/${admin.user_id}/role`), { role: 'admin' })
    await desk.db.deleteFrom('memberships').where('user_id', '=', second.user_id).execute()
  })

  it('cannot leave a publisher at which nobody else works, whatever is sent to PostgreSQL', async () => {
    await desk.db
      .insertInto('tenants')
      .values({ tenant_id: 'tiny', name: 'Tiny', currencies: ['EUR'] })
      .execute()
    const only = await member(desk, 'admin', 'Only One', 'tiny')
    const leave = desk.db.deleteFrom('memberships').where('user_id', '=', only.user_id).execute()
    await expect(leave).rejects.toThrow('the last admin of tiny cannot go')
  })
})

describe('somebody’s own password', () => {
  const wanted = 'a much better pass phrase'

  it('changes for the one they have, and signs every other browser out', async () => {
    const mine = await member(desk, 'viewer', 'Changes Mind')
    const elsewhere = visitor(desk)
    await elsewhere.post('/console/sign-in', { email: mine.email, password })
    const before = mine.cookies.get('salesdesk')
    const answer = await mine.post('/console/account', { password, wanted })
    expect(answer.html).toContain('Every other browser is signed out')
    expect(mine.cookies.get('salesdesk')).not.toBe(before)
    expect((await mine.get('/console/northwind')).status).toBe(200)
    expect((await elsewhere.get('/console/northwind')).status).toBe(303)
    const old = await visitor(desk).post('/console/sign-in', { email: mine.email, password })
    const fresh = await visitor(desk).post('/console/sign-in', { email: mine.email, password: wanted })
    expect([old.status, fresh.status]).toEqual([422, 303])
    expect(await audited('change_password')).toMatchObject({ actor: 'Changes Mind' })
  })

  it('cannot be guessed by whoever sits at a browser that was left open', async () => {
    const left = await member(desk, 'viewer', 'Left Open')
    const guess = () => left.post('/console/account', { password: 'not it', wanted })
    for (let i = 0; i < 10; i++) await guess()
    expect((await guess()).html).toContain('Too many wrong passwords')
  })
})

describe('Slack', () => {
  it('is installed with a link that only an admin is given, and that leads to Slack', async () => {
    expect((await admin.get(at('/slack'))).html).toContain('Install in a workspace')
    const { html, status } = await admin.post(at('/slack/install'))
    expect(status).toBe(200)
    const [, link = ''] = /href="(\/slack\/install\?link=[^"]+)"/.exec(html) ?? []
    const opened = await admin.get(link)
    expect(opened.html).toContain('https://slack.com/oauth/v2/authorize')
    expect((await admin.get(link)).html).not.toContain('https://slack.com/oauth/v2/authorize')
    const manager = await member(desk, 'manager')
    expect((await manager.get(at('/slack'))).html).not.toContain('Install in a workspace')
  })

  it('is told where people are, and in other words what is wrong with a channel', async () => {
    await desk.db
      .insertInto('slack_connections')
      .values({
        ...{ tenant_id: 'northwind', way: 'environment', team_id: 'T1', team_name: 'Northwind HQ' },
        ...{ connected_by: 'ops', connected_at: desk.now },
      })
      .execute()
    const form = { channel_id: 'C0123456789', summary_hour: '8', time_zone: 'Europe/Berlin' }
    const wrong = await admin.post(at('/slack'), { ...form, channel_id: '#sales', time_zone: 'Berlin' })
    expect(wrong.status).toBe(422)
    expect(wrong.html).toContain('A time zone such as Europe/Berlin.')
    await admin.post(at('/slack'), form)
    const { html } = await admin.get(at('/slack'))
    expect(html).toContain('Northwind HQ')
    expect(html).toContain('value="C0123456789"')
    expect(await audited('set_up_slack')).toMatchObject({ actor: 'Ada Admin', user_id: admin.user_id })
  })

  it('gets a summary at once, to see whether it is reached', async () => {
    await admin.post(at('/slack/test'))
    const posts = await desk.db.selectFrom('slack_posts').selectAll().execute()
    expect(posts).toHaveLength(1)
  })

  it('is told nothing after it is disconnected', async () => {
    const overview = async () => (await admin.get(at('').replace('/settings', ''))).html
    expect(await overview()).not.toContain('Nothing is told in Slack')
    await desk.db.updateTable('slack_connections').set({ failures: 3, last_error: 'is_archived' }).execute()
    expect(await overview()).toContain('Nothing is told in Slack: the channel is archived')
    await admin.post(at('/slack/disconnect'))
    expect((await admin.get(at('/slack'))).html).toContain('Not connected')
    await admin.post(at('/slack/test'))
    expect((await admin.get(at('/slack'))).html).toContain('Slack is not connected.')
  })
})
