import { askBuyer } from '../../src/commands/ask_buyer.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { setApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import { aPurchase, type Args, type TestBuyer, type TestDesk } from './desk.ts'
import { updates } from './updates.ts'

const tenant_id = 'northwind'

/** Requests in every state: one the buyer was asked about twice, one half agreed to, a change, and decided ones. */
export async function busyApprovals(desk: TestDesk, buyer: TestBuyer): Promise<void> {
  const { db, now } = desk
  const { buy, change, inDays } = updates(desk, () => buyer)
  const { media_buy_id, package_id } = await buy()
  const overlay = { geo_countries: ['DE', 'AT'] }
  const bigger = { package_id, budget: 60_000, bid_price: 6, targeting_overlay: overlay }
  await change(media_buy_id, { packages: [bigger], end_time: inDays(45) })

  const limits = [{ currency: 'GBP', four_eyes_above: 40_000 }]
  const policy = { limits, decide_within_hours: 24, expire_after_hours: 72 }
  await setApprovalPolicy(db, { tenant_id, policy, actor: { kind: 'operator', name: 'Dana' } })
  const two = await waiting({ budget: 45_000 })
  await decideApproval(db, { tenant_id, id: two.task_id, decision: 'approved', decided_by: 'Kim', now })
  const asked = await waiting({ budget: 9000 })
  const first = await ask(asked.task_id, 'Is the campaign about the new tent or the whole range?')
  const answer = 'The tent only.\nThe range follows in spring.'
  await buyer.call('create_media_buy', {
    ...asked.request,
    idempotency_key: `busy-answer-${now.getTime()}`,
    ...{ context_id: first, ext: { salesdesk: { answer } } },
  })
  await ask(asked.task_id, 'Then who approves the artwork?')
  for (const [decision, reason] of [
    ['approved', 'As agreed on the phone.'],
    ['rejected', 'The front page is taken that week.'],
  ] as const) {
    const { task_id } = await waiting({ budget: 5000 })
    await decideApproval(db, { tenant_id, id: task_id, decision, reason, decided_by: 'Kim', now })
  }
  await setApprovalPolicy(db, { tenant_id, policy: {}, actor: { kind: 'operator', name: 'Dana' } })

  async function waiting(item: Args) {
    const billboard = { product_id: 'news_billboard', pricing_option_id: 'cpm_gbp_fixed' }
    const request = aPurchase({ package: { ...billboard, bid_price: undefined, ...item } }, now)
    const { body, texts } = await buyer.call('create_media_buy', request)
    if (body['status'] !== 'submitted') throw new Error(`waits for nobody: ${texts.join(' ')}`)
    return { request, task_id: String(body['task_id']) }
  }
  async function ask(id: string, question: string) {
    const outcome = await askBuyer(db, { tenant_id, id, question, asked_by: 'Kim', now })
    return outcome.type === 'asked' ? outcome.context_id : ''
  }
}
