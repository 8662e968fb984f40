import { beforeAll, describe, expect, it } from 'vitest'
import { examplePublisher } from '../../src/cli/seed.ts'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { aPurchase, connectBuyer, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free_port.ts'
import { listeningLog } from '../support/log_lines.ts'
import { member, type Answer, type Visitor } from '../support/visitor.ts'

const listening = listeningLog()
const issuer = 'https://login.example'
const port = String(await freePort())
const variables = { PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}`, OAUTH_ISSUER: issuer }
const desk = testDesk(variables, { log: listening.log })
let manager: Visitor & { name: string; user_id: string }
beforeAll(async () => {
  manager = await member(desk, 'manager', 'Mara Manager')
})

const at = (rest = '') => `/console/northwind/buyers${rest}`
const tokenIn = ({ html }: Answer) => /sd_[\w-]{43}/.exec(html)?.[0] ?? ''
const unescaped = (html: string) =>
  html.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
const may = async (token: string) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const accept = { accept: 'application/json, text/event-stream' }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
  const answer = await fetch(`${desk.url}/mcp`, { method: 'POST', headers: { ...headers, ...accept }, body })
  return answer.status === 200
}
const idOf = async (token: string) =>
  (
    await desk.db
      .selectFrom('principal_tokens')
      .select('token_id')
      .where('prefix', '=', token.slice(0, 8))
      .executeTakeFirstOrThrow()
  ).token_id
const audited = (action: string) =>
  desk.db
    .selectFrom('audit_log')
    .selectAll()
    .where('action', '=', action)
    .orderBy('audit_id', 'desc')
    .executeTakeFirst()

describe('a manager', () => {
  it('makes a buyer and a token, and the agent buys with it', async () => {
    const made = await manager.post(at('/new'), { name: 'Fjord & Søn Media', principal_id: '' })
    expect(made.to).toBe(at('/fjord_s_n_media'))
    const answer = await manager.post(at('/fjord_s_n_media/tokens'), { label: 'First', days: '30' })
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const buyer = await connectBuyer(`${desk.url}/mcp`, tokenIn(answer))
    const { isError } = await buyer.call('create_media_buy', aPurchase({}, desk.now))
    expect(isError).toBe(false)
    await buyer.client.close()
    const page = await manager.get(made.to ?? '')
    expect(page.html).toContain('acme-outdoor.example')
    expect(await audited('create_buyer')).toMatchObject({ actor: 'Mara Manager', user_id: manager.user_id })
  })

  it('is told where the name is taken, and keeps what was typed', async () => {
    const answer = await manager.post(at('/new'), { name: 'Pinnacle Media Agency', principal_id: 'other_id' })
    expect(answer.status).toBe(422)
    expect(answer.html).toContain('is taken')
    expect(answer.html).toContain('value="other_id"')
  })

  it('sees a new token once: no page, cookie, address, log or audit row has it afterwards', async () => {
    const answer = await manager.post(at('/acme_direct/tokens'), { label: 'Once' })
    const token = tokenIn(answer)
    expect(await may(token)).toBe(true)
    const later = await manager.get(at('/acme_direct'))
    expect(later.html).toContain(token.slice(0, 8))
    expect(later.html).not.toContain(token)
    expect([...manager.cookies.values()].join()).not.toContain(token)
    expect(answer.headers.get('location')).toBeNull()
    expect(JSON.stringify(await audited('create_token'))).not.toContain(token.slice(3))
    for (const [, href = ''] of answer.html.matchAll(/href="([^"]*)"/g)) expect(href).not.toContain(token)
    expect(listening.text()).not.toContain(token)
  })

  it('rotates a token: the old one works for the overlap and no longer, the new one goes on', async () => {
    const old = tokenIn(await manager.post(at('/acme_direct/tokens'), { label: 'Planner' }))
    const rotate = at(`/acme_direct/tokens/${await idOf(old)}/rotate`)
    const fresh = tokenIn(await manager.post(rotate, { overlap_hours: '24' }))
    expect(fresh).not.toBe(old)
    expect([await may(old), await may(fresh)]).toEqual([true, true])
    const before = desk.now
    desk.now = new Date(before.getTime() + 24 * 3_600_000 + 1)
    expect([await may(old), await may(fresh)]).toEqual([false, true])
    const again = await manager.post(rotate, { overlap_hours: '24' })
    expect([again.status, tokenIn(again)]).toEqual([303, ''])
    desk.now = before
  })

  it('rotates a token twice at once: each time a token is made, and the old one ends at the earlier of the two times', async () => {
    const old = tokenIn(await manager.post(at('/acme_direct/tokens')))
    const rotate = at(`/acme_direct/tokens/${await idOf(old)}/rotate`)
    const both = await Promise.all(
      ['1', '24'].map((overlap_hours) => manager.post(rotate, { overlap_hours })),
    )
    expect(new Set(both.map(tokenIn)).size).toBe(2)
    const before = desk.now
    desk.now = new Date(before.getTime() + 3_600_001)
    expect(await may(old)).toBe(false)
    desk.now = before
  })

  it('revokes a token at once', async () => {
    const token = tokenIn(await manager.post(at('/acme_direct/tokens')))
    await manager.post(at(`/acme_direct/tokens/${await idOf(token)}/revoke`))
    expect(await may(token)).toBe(false)
    expect(await audited('revoke_token')).toMatchObject({ actor: 'Mara Manager' })
  })

  it('touches no token of another buyer or publisher', async () => {
    const token = tokenIn(await manager.post(at('/pinnacle/tokens')))
    await manager.post(at(`/acme_direct/tokens/${await idOf(token)}/revoke`))
    expect(await may(token)).toBe(true)
  })

  it('shuts a buyer out with all its tokens and lets it in again', async () => {
    const token = tokenIn(await manager.post(at('/fjord_s_n_media/tokens')))
    await manager.post(at('/fjord_s_n_media/archive'))
    expect(await may(token)).toBe(false)
    expect((await manager.get(at())).html).not.toContain('Fjord')
    expect((await manager.get(at('?show=archived'))).html).toContain('Fjord')
    await manager.post(at('/fjord_s_n_media/restore'))
    expect(await may(token)).toBe(true)
  })
})

describe('a buyer made in the console', () => {
  it('stays when the publisher file is read again, which does not know it, and so do its limits', async () => {
    const token = tokenIn(await manager.post(at('/fjord_s_n_media/tokens')))
    const terms = { name: 'Fjord', products: 'all', max_calls_per_minute: '60', max_media_buy_budget: '' }
    await manager.post(at('/fjord_s_n_media/terms'), terms)
    await savePublisher(desk.db, await readPublisherFile(examplePublisher))
    expect(await may(token)).toBe(true)
    expect((await manager.get(at('/fjord_s_n_media'))).html).toContain('<dd>60</dd>')
  })
})

describe('what a buyer may do', () => {
  const terms = {
    name: 'Acme Outdoor (direct)',
    products: 'all',
    max_media_buy_budget: '',
    max_calls_per_minute: '',
    'advertiser.house': 'adv-3310',
  }
  const set = (changed: Record<string, string>) =>
    manager.post(at('/acme_direct/terms'), { ...terms, ...changed })
  const productsOf = async () => {
    const buyer = await desk.buyer('acme_direct')
    const { body } = await buyer.call('get_products', { buying_mode: 'wholesale' })
    return (body['products'] as { product_id: string }[]).map(({ product_id }) => product_id)
  }

  it('is only what it is allowed: it sees and buys nothing else', async () => {
    expect((await set({ products: 'some', allowed: 'gridwatt_display' })).status).toBe(303)
    expect(await productsOf()).toEqual(['gridwatt_display'])
    const buyer = await desk.buyer('acme_direct')
    const { body } = await buyer.call('create_media_buy', aPurchase({}, desk.now))
    expect(body.adcp_error?.code).toBe('PRODUCT_NOT_FOUND')
    await set({})
    expect((await productsOf()).length).toBeGreaterThan(1)
  })

  it('must name a product where not everything is allowed', async () => {
    const answer = await set({ products: 'some', max_media_buy_budget: 'lots' })
    expect(answer.status).toBe(422)
    expect(answer.html).toContain('Choose at least one product')
    expect(answer.html).toContain('An amount above zero')
    expect(answer.html).toContain('value="lots"')
  })

  it('stops at its own largest buy, below the publisher’s', async () => {
    await set({ max_media_buy_budget: '3,000' })
    const buyer = await desk.buyer('acme_direct')
    const refused = await buyer.call('create_media_buy', aPurchase({ package: { budget: 3001 } }, desk.now))
    expect(refused.body.adcp_error).toMatchObject({ code: 'BUDGET_EXCEEDED', field: 'packages' })
    const bought = await buyer.call('create_media_buy', aPurchase({ package: { budget: 3000 } }, desk.now))
    expect(bought.isError).toBe(false)
    await set({})
  })

  it('is so many calls a minute, also when they come at once, and the next minute as many again', async () => {
    await set({ max_calls_per_minute: '5' })
    desk.now = new Date(Math.ceil(desk.now.getTime() / 60_000) * 60_000 + 60_000)
    const buyer = await desk.buyer('acme_direct')
    const list = () => buyer.call('list_accounts')
    const answers = await Promise.all(Array.from({ length: 8 }, list))
    const refused = answers.filter(({ isError }) => isError)
    expect(refused.length).toBe(3)
    expect(refused[0]?.body.adcp_error).toMatchObject({ code: 'RATE_LIMITED', retry_after: 60 })
    desk.now = new Date(desk.now.getTime() + 60_000)
    expect((await list()).isError).toBe(false)
    await set({})
  })

  it('needs nobody once it is trusted, and somebody again when it is not', async () => {
    await desk.db.updateTable('tenants').set({ approval_threshold: '1000' }).execute()
    const buy = async () => {
      const buyer = await desk.buyer('acme_direct')
      return (await buyer.call('create_media_buy', aPurchase({}, desk.now))).body['status']
    }
    expect(await buy()).toBe('submitted')
    await set({ trusted: 'yes' })
    expect(await buy()).toBe('pending_creatives')
    expect(await audited('set_approval_policy')).toMatchObject({ actor: 'Mara Manager' })
    await set({})
    expect(await buy()).toBe('submitted')
  })

  it('keeps its advertisers on ad servers the form does not show, and loses those that are emptied', async () => {
    await desk.db
      .updateTable('principals')
      .set({ platform_mappings: JSON.stringify({ house: 'adv-1', elsewhere: 'adv-2' }) })
      .where('principal_id', '=', 'acme_direct')
      .execute()
    await set({ 'advertiser.house': '' })
    const { platform_mappings } = await desk.db
      .selectFrom('principals')
      .select('platform_mappings')
      .where('principal_id', '=', 'acme_direct')
      .executeTakeFirstOrThrow()
    expect(platform_mappings).toEqual({ elsewhere: 'adv-2' })
  })
})

describe('an account', () => {
  const accounts = async () => {
    const buyer = await desk.buyer('pinnacle')
    await buyer.call('create_media_buy', aPurchase({}, desk.now))
    const { body } = await buyer.call('list_accounts')
    return body['accounts'] as { account_id: string; status: string }[]
  }
  const form = { name: 'Acme', billing: 'agent', payment_terms: 'net_30' }

  it('that is suspended buys nothing until it is active again', async () => {
    const [account] = await accounts()
    const here = at(`/pinnacle/accounts/${account?.account_id}`)
    await manager.post(here, { ...form, status: 'suspended' })
    const buyer = await desk.buyer('pinnacle')
    const ref = { account: { account_id: account?.account_id } }
    const refused = await buyer.call('create_media_buy', aPurchase(ref, desk.now))
    expect(refused.body.adcp_error?.code).toBe('ACCOUNT_SUSPENDED')
    await manager.post(here, { ...form, status: 'active' })
    const { isError } = await buyer.call('create_media_buy', aPurchase(ref, desk.now))
    expect(isError).toBe(false)
    expect(await audited('change_account')).toMatchObject({ actor: 'Mara Manager' })
  })

  it('has a limit and its currency together or neither', async () => {
    const [account] = await accounts()
    const here = at(`/pinnacle/accounts/${account?.account_id}`)
    const answer = await manager.post(here, { ...form, status: 'active', credit_limit: '500' })
    expect(answer.status).toBe(422)
    expect(answer.html).toContain('A limit has a currency')
  })

  it('of another publisher is not there', async () => {
    expect((await manager.get(at('/pinnacle/accounts/acc_nobodys'))).status).toBe(404)
  })
})

describe('when a token was last used', () => {
  it('is written at its first call, and then no more often than every five minutes', async () => {
    const token = tokenIn(await manager.post(at('/pinnacle/tokens'), { label: 'Watched' }))
    const used = async () =>
      (
        await desk.db
          .selectFrom('principal_tokens')
          .select('last_used_at')
          .where('prefix', '=', token.slice(0, 8))
          .executeTakeFirstOrThrow()
      ).last_used_at
    const first = desk.now
    await may(token)
    await eventually('the note', async () => (await used())?.getTime() === first.getTime() || undefined)
    desk.now = new Date(first.getTime() + 4 * 60_000)
    await may(token)
    desk.now = new Date(first.getTime() + 6 * 60_000)
    await may(token)
    const third = desk.now.getTime()
    await eventually('the next note', async () => (await used())?.getTime() === third || undefined)
    expect((await manager.get(at('/pinnacle'))).html).toContain('just now')
  })
})

describe('the page to connect a program', () => {
  it('has what each program takes, with this server’s address and no token', async () => {
    const { html } = await manager.get(at('/pinnacle/connect'))
    const texts = [...html.matchAll(/<textarea[^>]*>([^<]*)<\/textarea>/g)].map(([, text = '']) =>
      JSON.parse(unescaped(text)),
    )
    const url = `${desk.url}/mcp`
    const [claude, cursor, code, other] = texts
    expect(claude.mcpServers.salesdesk.args).toEqual(expect.arrayContaining(['mcp-remote@latest', url]))
    expect(cursor.mcpServers.salesdesk).toMatchObject({ url })
    expect(code.servers.salesdesk).toMatchObject({ type: 'http', url })
    expect(code.inputs[0]).toMatchObject({ type: 'promptString', password: true })
    expect(other).toMatchObject({ url })
    expect(html).not.toMatch(/sd_[\w-]{43}/)
  })

  it('has links that open Cursor and VS Code with the same', async () => {
    const html = unescaped((await manager.get(at('/pinnacle/connect'))).html)
    const cursor = new URL(/href="(cursor:[^"]+)"/.exec(html)?.[1] ?? '')
    const config = JSON.parse(Buffer.from(cursor.searchParams.get('config') ?? '', 'base64').toString())
    expect(config).toEqual({
      url: `${desk.url}/mcp`,
      headers: { Authorization: 'Bearer ${env:SALESDESK_TOKEN}' },
    })
    const code = /href="vscode:mcp\/install\?([^"]+)"/.exec(html)?.[1] ?? ''
    expect(JSON.parse(decodeURIComponent(code))).toMatchObject({ name: 'salesdesk', type: 'http' })
  })

  it('is filled in with a new token, on the page that shows it', async () => {
    const answer = await manager.post(at('/pinnacle/tokens'))
    expect(unescaped(answer.html)).toContain(`"Authorization": "Bearer ${tokenIn(answer)}"`)
  })
})

describe('access tokens of the authorization server', () => {
  const subjects = (buyer = 'pinnacle') => at(`/${buyer}/subjects`)
  const letIn = () =>
    desk.db.selectFrom('principal_oauth_subjects').select(['principal_id', 'subject', 'created_by']).execute()

  it('become a buyer’s when a manager says whose, who finds it by the subject and takes it back', async () => {
    const made = await manager.post(subjects(), { subject: ' planning-agent ' })
    expect(made.to).toBe(subjects())
    const added = { principal_id: 'pinnacle', subject: 'planning-agent', created_by: 'Mara Manager' }
    expect(await letIn()).toEqual([added])
    expect(await audited('let_in_oauth_subject')).toMatchObject({
      ...{ subject_id: 'pinnacle', user_id: manager.user_id },
      detail: { issuer, subject: 'planning-agent' },
    })
    expect((await manager.get(subjects())).html).toContain('planning-agent')
    expect((await manager.get(at('/pinnacle'))).html).toContain('of 1 subject')
    const found = (await manager.get(at('?q=planning-agent'))).html
    expect([found.includes('/buyers/pinnacle'), found.includes('/buyers/acme_direct')]).toEqual([true, false])
    // of another buyer’s page it is nobody’s to take away
    await manager.post(`${subjects('acme_direct')}/remove`, { issuer, subject: 'planning-agent' })
    expect(await letIn()).toEqual([added])
    await manager.post(`${subjects()}/remove`, { issuer, subject: 'planning-agent' })
    expect(await letIn()).toEqual([])
    expect(await audited('shut_out_oauth_subject')).toMatchObject({ user_id: manager.user_id })
  })

  it('are one buyer’s: what is taken, empty or cannot be seen is told beside the field, which keeps what was typed', async () => {
    await manager.post(subjects(), { subject: 'agent-7' })
    for (const [buyer, subject, told] of [
      ['acme_direct', 'agent-7', 'It is pinnacle already'],
      ['pinnacle', ' ', 'The claim'],
      ['pinnacle', 'agent\u200b8', 'nobody can see'],
      ['pinnacle', 'x'.repeat(256), 'At most 255'],
    ] as const) {
      const answer = await manager.post(subjects(buyer), { subject })
      expect([answer.status, answer.html.includes(told), answer.html.includes(`value="${subject}"`)]).toEqual(
        [422, true, true],
      )
    }
    expect((await letIn()).map(({ subject }) => subject)).toEqual(['agent-7'])
  })

  it('are nothing a publisher gives itself where several share the desk: the agent could be a neighbour’s', async () => {
    const neighbour = { tenant_id: 'southwind', name: 'Southwind', currencies: ['EUR'] }
    await desk.db.insertInto('tenants').values(neighbour).execute()
    const answer = await manager.post(subjects(), { subject: 'agent-of-southwind' })
    expect([answer.status, answer.html]).toEqual([422, expect.stringContaining('whoever runs the desk')])
    expect((await letIn()).map(({ subject }) => subject)).toEqual(['agent-7'])
    await desk.db.deleteFrom('tenants').where('tenant_id', '=', 'southwind').execute()
  })
})
