import { beforeAll, describe, expect, it } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { setApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { updates } from '../support/updates.ts'
import { member, type Visitor } from '../support/visitor.ts'

const desk = testDesk()
let buyer: TestBuyer
let kim: Visitor & { name: string; user_id: string }
const { buy, change, inDays } = updates(desk, () => buyer)
beforeAll(async () => {
  buyer = await desk.buyer()
  kim = await member(desk, 'approver', 'Kim Approver')
})

const list = '/console/northwind/approvals'
const billboard = { product_id: 'news_billboard', pricing_option_id: 'cpm_gbp_fixed', bid_price: undefined }
/** A purchase that waits, as its buyer and its page know it. */
async function waiting(item: Args = {}, rest: Args = {}) {
  const request = aPurchase({ package: { ...billboard, budget: 12_000, ...item }, ...rest }, desk.now)
  const { body, texts } = await buyer.call('create_media_buy', request)
  expect(body['status'], texts.join('\n')).toBe('submitted')
  return { request, ...(await stepOf(String(body['task_id']))) }
}
async function stepOf(task_id: string) {
  const { workflow_step_id } = await desk.db
    .selectFrom('workflow_steps')
    .select('workflow_step_id')
    .where('task_id', '=', task_id)
    .executeTakeFirstOrThrow()
  return { task_id, workflow_step_id, at: `${list}/${workflow_step_id}` }
}
/** What a page says, without its marks. */
const words = (html: string) =>
  html
    .replaceAll(/<style.*?<\/style>|<[^>]+>/gs, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ')
const status = async (task_id: string) => (await buyer.call('tasks_get', { task_id })).body
const policy = (policy: Args) =>
  setApprovalPolicy(desk.db, { tenant_id: 'northwind', policy, actor: { kind: 'operator', name: 'Dana' } })

describe('an approver', () => {
  it('sees what is asked beside what the product offers and what is left of it, and who asks', async () => {
    const { at } = await waiting({ targeting_overlay: { geo_countries: ['GB'] } }, { po_number: 'PO-77' })
    const page = words((await kim.get(at)).html)
    for (const said of [
      'Pinnacle Media Agency wants to buy',
      'acme-outdoor.example',
      '£12,000.00',
      'PO-77',
      'geo countries GB',
      'in the flight',
      'guaranteed',
      'none yet',
      'It never bought here.',
      'New advertiser',
    ])
      expect(page).toContain(said)
    expect(page).toMatch(/CPM at £([\d.]+).*Fixed £\1/)
  })

  it('approves, and the page then says who did and what became of it', async () => {
    const { at, task_id, workflow_step_id } = await waiting()
    expect((await kim.post(`${at}/approve`)).to).toBe(at)
    expect(words((await kim.get(at)).html)).toContain('Approved. A worker places it now.')
    await desk.runJobs()
    const page = words((await kim.get(at)).html)
    expect(page).toContain('Approved by Kim Approver')
    expect(page).toMatch(/: placed/)
    expect(page).not.toContain('A worker places it')
    expect(await status(task_id)).toMatchObject({ status: 'completed' })
    const audited = await desk.db
      .selectFrom('audit_log')
      .select(['action', 'user_id'])
      .where('subject_id', '=', workflow_step_id)
      .executeTakeFirst()
    expect(audited).toEqual({ action: 'approve', user_id: kim.user_id })
  })

  it('rejects with a reason, and without one is asked for it', async () => {
    const { at, task_id } = await waiting()
    for (const reason of ['', '   ']) {
      const answer = await kim.post(`${at}/reject`, { reason })
      expect(answer.status).toBe(422)
      expect(words(answer.html)).toContain('Say why: the buyer reads it.')
    }
    const long = 'x'.repeat(501)
    expect((await kim.post(`${at}/reject`, { reason: long })).html).toContain(long)
    expect(await status(task_id)).toMatchObject({ status: 'submitted' })
    await kim.post(`${at}/reject`, { reason: 'Taken that week.' })
    expect(await status(task_id)).toMatchObject({ status: 'rejected', message: 'Taken that week.' })
    expect(words((await kim.get(at)).html)).toContain('Taken that week.')
  })

  it('asks the buyer something, reads the answer, and can decide all the while', async () => {
    const { at, task_id, request } = await waiting()
    expect((await kim.post(`${at}/ask`, { question: ' ' })).status).toBe(422)
    await kim.post(`${at}/ask`, { question: 'Which <b>tent</b>?' })
    const asked = await kim.get(at)
    expect(asked.html).toContain('Which &lt;b&gt;tent&lt;/b&gt;?')
    expect(words(asked.html)).toContain('no answer yet')
    expect(asked.html).toContain(`${at}/approve`)
    expect(asked.html).not.toContain(`${at}/ask`)
    const { status: now, context_id } = await status(task_id)
    expect(now).toBe('input-required')
    const again = await kim.post(`${at}/ask`, { question: 'And?' })
    expect(words((await kim.get(again.to ?? '')).html)).toContain('there is no answer yet')
    await buyer.call('create_media_buy', {
      ...request,
      idempotency_key: 'test-console-answer-1',
      ...{ context_id, ext: { salesdesk: { answer: 'The blue one.' } } },
    })
    const answered = words((await kim.get(at)).html)
    expect(answered).toContain('The blue one.')
    expect(answered).toContain('waits for a decision')
  })

  it('who comes second is told who had decided, and changes nothing', async () => {
    const { at, task_id } = await waiting()
    const by = { tenant_id: 'northwind', decided_by: 'Lee', now: desk.now }
    await decideApproval(desk.db, { ...by, id: task_id, decision: 'approved' })
    await kim.post(`${at}/reject`, { reason: 'No.' })
    expect(words((await kim.get(at)).html)).toContain('Nothing was changed: Lee had decided before')
    await kim.post(`${at}/ask`, { question: 'Why?' })
    expect(words((await kim.get(at)).html)).toContain('Nothing was asked: Lee had decided before')
  })

  it('is one of two where the policy wants two, sees who has agreed, and until when', async () => {
    await policy({
      limits: [{ currency: 'GBP', four_eyes_above: 20_000 }],
      decide_within_hours: 5,
      expire_after_hours: 9,
    })
    const { at, task_id } = await waiting({ budget: 25_000 })
    await policy({})
    const before = words((await kim.get(at)).html)
    expect(before).toContain('2 people must agree; nobody has yet')
    expect(before).toMatch(/Decide in 5 hours.*Declined by itself in 9 hours/)
    await kim.post(`${at}/approve`)
    expect(words((await kim.get(at)).html)).toContain('You agree. Somebody else must agree too')
    expect(words((await kim.get(at)).html)).toContain('Kim Approver agreed')
    expect(words((await kim.get(list)).html)).toContain('1 of 2 agreed')
    const lee = await member(desk, 'approver', 'Lee Other')
    await lee.post(`${at}/approve`)
    expect(await status(task_id)).toMatchObject({ status: 'completed' })
  })

  it('sees a change thing by thing, as it is and as it would be', async () => {
    const { media_buy_id, package_id } = await buy()
    const packages = [
      { package_id, budget: 60_000, bid_price: 7, targeting_overlay: { geo_countries: ['DE'] } },
    ]
    const more = { product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 5000 }
    const { body } = await change(media_buy_id, { packages, new_packages: [more], end_time: inDays(50) })
    const { at } = await stepOf(String(body['task_id']))
    const page = words((await kim.get(at)).html)
    expect(page).toMatch(/Budget of the buy €4,000.00 €65,000.00/)
    expect(page).toMatch(/: bid price €5.00 €7.00/)
    expect(page).toMatch(/: targeting overlay – geo countries DE/)
    expect(page).toContain('Above the threshold')
    expect(page).toContain('Packages as they are now')
    expect(page).toMatch(/New package of trail_video_premium – €5,000.00/)
  })

  it('finds what was decided, by whatever is remembered of it, page by page', async () => {
    const { task_id } = await waiting({}, { po_number: 'Kite 100%' })
    const by = { tenant_id: 'northwind', decided_by: 'Lee', now: desk.now }
    await decideApproval(desk.db, { ...by, id: task_id, decision: 'rejected', reason: 'Stormy weather' })
    const found = async (query: string) => (await kim.get(`${list}?${query}`)).html
    expect(await found('')).not.toContain('Stormy')
    for (const q of ['stormy', 'kite 100%', task_id]) {
      const html = await found(new URLSearchParams({ q, show: 'rejected' }).toString())
      expect(html.match(/<tbody><tr>/g)).toHaveLength(1)
      expect(html.match(/<tr>/g)).toHaveLength(2)
    }
    expect(words(await found('q=kite_100&show=all'))).toContain('No request is like that.')
    expect(words(await found('show=nonsense&page=-1'))).toContain('Request Flight')
    expect((await kim.get(`${list}/wf_unknown`)).status).toBe(404)
  })
})

describe('a viewer', () => {
  it('sees a request and no way to decide on it; somebody of another publisher sees nothing', async () => {
    const { at } = await waiting()
    const viewer = await member(desk, 'viewer')
    const { html } = await viewer.get(at)
    expect(words(html)).toContain('£12,000.00')
    expect(html).not.toContain('/approve')
    expect((await viewer.post(`${at}/ask`, { question: 'Why?' })).status).toBe(403)
  })
})
