import fc from 'fast-check'
import { expect, test } from 'vitest'
import { approvalMessage } from '../../src/blocks/approval.ts'
import { creativeMessage } from '../../src/blocks/creative.ts'
import { detailsModal } from '../../src/blocks/modals.ts'
import { questionMessage } from '../../src/blocks/question.ts'
import { homeView, pendingMessage, summaryMessage } from '../../src/blocks/waiting.ts'
import type { ApprovalRequest, RequestedPackage } from '../../src/queries/approval_requests.ts'
import { blockKitFaults, viewFaults } from '../support/slack/block_kit.ts'

/** Whatever a buyer may write: nothing, half characters, markup, and far too much. */
const words = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\ud800', '<!channel>', '*bold*\nApproved by Kim', '🦊'.repeat(3000), 'x'.repeat(9000)),
)
const money = fc.integer({ min: 1, max: 10 ** 12 }).map((cents) => (cents / 100).toFixed(2))
const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
const json = fc.dictionary(words, fc.jsonValue(), { maxKeys: 5 })
const item: fc.Arbitrary<RequestedPackage> = fc.record({
  package_id: words,
  product: words,
  product_id: words,
  budget: money,
  pricing_model: fc.constantFrom('cpm', 'flat_rate'),
  price: fc.option(money),
  bid_price: fc.option(money),
  impressions: fc.option(fc.nat().map(String)),
  start_time: time.map((at) => at.toISOString()),
  end_time: time.map((at) => at.toISOString()),
  targeting_overlay: fc.option(json),
  left: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
})
const request: fc.Arbitrary<ApprovalRequest> = fc.record({
  tenant_id: fc.constant('northwind'),
  workflow_step_id: fc.constant('wf_1'),
  media_buy_id: fc.constant('mb_1'),
  task_type: fc.constant('create_media_buy'),
  status: fc.constantFrom('requires_approval', 'input_required', 'completed', 'rejected', 'canceled'),
  title: words,
  decided_by: fc.option(words),
  decided_at: fc.option(time),
  reason: fc.option(words),
  deadline: fc.option(time),
  created_at: time,
  approvals_needed: fc.constantFrom(1, 2),
  agreed: fc.array(words, { maxLength: 2 }),
  questions: fc.array(
    fc.record({
      question: words,
      asked_by: words,
      asked_at: time.map((at) => at.toISOString()),
      answer: fc.option(words),
      answered_at: fc.option(time.map((at) => at.toISOString())),
    }),
    { maxLength: 30 },
  ),
  agent: words,
  sandbox: fc.boolean(),
  advertiser: words,
  brand_domain: words,
  po_number: fc.option(words),
  currency: fc.constant('EUR'),
  total_budget: money,
  start_time: time,
  end_time: time,
  wanted: fc.option(
    fc.record({
      request: fc.record({ packages: fc.array(json, { maxLength: 40 }) }),
      total_budget: money,
      end_time: time.map((at) => at.toISOString()),
    }),
  ),
  approval_threshold: fc.option(money),
  new_advertiser: fc.boolean(),
  packages: fc.array(item, { maxLength: 120 }),
  orders: fc.array(fc.record({ connection: words, state: fc.constant('placed'), message: fc.option(words) })),
})
const page = fc.option(fc.constant('https://desk.example/console/northwind'), { nil: undefined })
const creative = fc.record({
  tenant_id: fc.constant('northwind'),
  principal_id: fc.constant('pinnacle'),
  creative_id: words.filter((id) => !/\p{Cs}/u.test(id)),
  name: words,
  format_id: words,
  status: fc.constantFrom('pending_review', 'approved', 'rejected'),
  assets: json,
  reviewed_by: fc.option(words),
  reviewed_at: fc.option(time),
  rejection_reason: fc.option(words),
  updated_at: time,
  agent: words,
  media_buys: fc.array(words),
})
const question = fc.record({
  tenant_id: fc.constant('northwind'),
  workflow_step_id: fc.constant('wf_2'),
  media_buy_id: fc.constant('mb_1'),
  status: fc.constantFrom('pending', 'completed', 'rejected', 'canceled'),
  title: words,
  suggested_action: fc.option(words),
  decided_by: fc.option(words),
  reason: fc.option(words),
  created_at: time,
  connection: words,
  agent: words,
  brand_domain: words,
  fulfilment_step_id: fc.option(words),
  step_kind: fc.option(words),
})

test('whatever is bought, Slack takes the message and its details', () => {
  fc.assert(
    fc.property(request, page, (asked, console) => {
      const message = approvalMessage(asked, console)
      expect(blockKitFaults(message.blocks, 'message')).toEqual([])
      expect(message.text).not.toMatch(/[<>]/)
      expect(viewFaults(detailsModal(asked, console))).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('whatever waits, Slack takes what is told of it', () => {
  const waiting = fc.record({
    tenant_id: fc.constant('northwind'),
    publisher: words,
    approvals: fc.array(request, { maxLength: 8 }),
    questions: fc.array(question, { maxLength: 8 }),
    creatives: fc.array(creative, { maxLength: 8 }),
    counts: fc.record({ approvals: fc.nat(), questions: fc.nat(), creatives: fc.nat() }),
  })
  fc.assert(
    fc.property(waiting, page, fc.boolean(), (all, console, mayDecide) => {
      for (const asked of all.questions)
        expect(blockKitFaults(questionMessage(asked as never, console).blocks, 'message')).toEqual([])
      for (const shown of all.creatives)
        expect(blockKitFaults(creativeMessage(shown, console).blocks, 'message')).toEqual([])
      expect(viewFaults(homeView([all, all], mayDecide, () => console))).toEqual([])
      expect(blockKitFaults(pendingMessage([all], () => console).blocks, 'message')).toEqual([])
      const figures = { day: '2026-01-01', bought: [], running: 1, failed_syncs: 1 }
      expect(blockKitFaults(summaryMessage(figures, all, console).blocks, 'message')).toEqual([])
    }),
    { numRuns: 40 },
  )
})
