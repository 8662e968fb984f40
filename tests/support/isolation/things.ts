import { askBuyer } from '../../../src/commands/ask_buyer.ts'
import { aBanner, aSync } from '../creatives.ts'
import { aPurchase, type Args, type TestDesk } from '../desk.ts'
import { finalize, proposalsFor } from '../proposals.ts'

/** One id of each kind that somebody has. */
export interface Things {
  account_id: string
  media_buy_id: string
  package_id: string
  creative_id: string
  task_id: string
  context_id: string
  proposal_id: string
  product_id: string
  cursor: string
  idempotency_key: string
}
export interface Holder {
  principal_id: string
  account_id: string
  product_id: string
}

/** The buyer everybody else is curious about. What it says of itself carries this word, and its budgets these figures. */
export const MARK = 'Zqvictim'
export const MARKED_BUDGETS = [4321.09, 61234.56]

/** A buyer with a past, made by its own calls: creatives, purchases that run and wait, a question it was asked, a promised plan. */
export async function liveOn(
  desk: TestDesk,
  { principal_id, account_id, product_id }: Holder,
): Promise<Things> {
  const buyer = await desk.buyer(principal_id)
  const account = { account_id }
  const creative_id = `${principal_id}_banner`
  const [running, waiting] = MARKED_BUDGETS
  const idempotency_key = `key-of-${principal_id}-0001`
  await done(
    'sync_creatives',
    aSync({ account, creatives: [aBanner(creative_id, { name: `${MARK} banner` })] }),
  )
  const item = { product_id, creative_assignments: [{ creative_id }] }
  const po_number = `PO-${MARK}`
  const bought = await done(
    'create_media_buy',
    aPurchase({ account, idempotency_key, po_number, package: { ...item, budget: running } }, desk.now),
  )
  await done('create_media_buy', aPurchase({ account, package: { product_id, budget: 700 } }, desk.now))
  const asked = aPurchase({ account, po_number, package: { product_id, budget: waiting } }, desk.now)
  const { task_id } = await done('create_media_buy', asked)
  const question = { tenant_id: 'northwind', id: String(task_id), question: `${MARK}: which range?` }
  const outcome = await askBuyer(desk.db, { ...question, asked_by: 'Kim', now: desk.now })
  const media_buy_id = String(bought['media_buy_id'])
  await done('provide_performance_feedback', {
    ...feedback,
    idempotency_key: `feedback-${principal_id}`,
    media_buy_id,
  })
  const [plan] = await proposalsFor(buyer, 'display banners for trail runners with 5000 EUR', { account })
  const proposal_id = plan?.proposal_id ?? ''
  const promised = await finalize(buyer, [proposal_id])
  if (promised.isError) throw new Error(`not promised: ${promised.texts.join(' ')}`)
  const everything = { status_filter: ['pending_creatives', 'pending_start', 'active'] }
  const { pagination } = await done('get_media_buys', { ...everything, pagination: { max_results: 1 } })
  return {
    ...{ account_id, creative_id, product_id, idempotency_key, media_buy_id, proposal_id },
    package_id: (bought['packages'] as { package_id: string }[])[0]?.package_id ?? '',
    task_id: String(task_id),
    context_id: outcome.type === 'asked' ? outcome.context_id : '',
    cursor: String((pagination as Args)['cursor']),
  }

  async function done(tool: string, args: Args): Promise<Args> {
    const { isError, body, texts } = await buyer.call(tool, args)
    if (isError) throw new Error(`${tool} of ${principal_id}: ${texts.join(' ')}`)
    return body
  }
}

export const feedback = {
  measurement_period: { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' },
  performance_index: 1,
}
