import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { approvalMessage } from '../../src/blocks/approval.ts'
import { concernMessage } from '../../src/blocks/concern.ts'
import { creativeMessage } from '../../src/blocks/creative.ts'
import type { Home, Message, Modal, Text } from '../../src/blocks/block.ts'
import { linksOnly } from '../../src/blocks/links_only.ts'
import { detailsModal, reasonModal, toldMessage, toldModal } from '../../src/blocks/modals.ts'
import { questionMessage } from '../../src/blocks/question.ts'
import { answeredMessage } from '../../src/blocks/questions.ts'
import { reminderMessage } from '../../src/blocks/reminder.ts'
import { syncFailedMessage } from '../../src/blocks/sync_failed.ts'
import { homeView, pendingMessage, summaryMessage } from '../../src/blocks/waiting.ts'
import type { ApprovalRequest, RequestedPackage } from '../../src/queries/approval_requests.ts'
import { blockKitFaults, viewFaults } from '../support/slack/block_kit.ts'

/** Stands in whatever somebody else wrote. */
const MARK = 'Zq'
const markup = [
  '<http://evil.example|Approve>',
  '<!channel> <!here> <@U1> <#C1> <!subteam^S1>',
  '&lt;!channel&gt;',
  '`code` ```block``` > quote',
  '*bold*\n_it_ ~no~\nApproved by Kim',
  ':white_check_mark: http://evil.example',
  '\u202edevorppA\u202c\u200b\u2066',
]
/** Whatever a buyer may write: nothing, half characters, markup, and far too much. */
const words = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...markup).map((text) => MARK + text),
  fc.constantFrom('', '\ud800', '🦊'.repeat(3000), MARK + 'x'.repeat(10_000)),
)

/** Nothing of what somebody else wrote is where Slack makes links, mentions and bold of it, nor leads anywhere, nor hides or turns round. */
function expectPlain(message: Message | Modal | Home): void {
  const texts: Text[] = []
  JSON.stringify(message, (name, value: unknown) => {
    if (
      typeof value === 'object' &&
      value !== null &&
      'type' in value &&
      /^(plain_text|mrkdwn)$/.test(String(value.type))
    )
      texts.push(value as Text)
    if (name === 'url') expect(value).toMatch(/^https:\/\/desk\.example\/console\/northwind(\/|$)/)
    return value
  })
  for (const one of texts) {
    if (one.type === 'mrkdwn') expect(one).toEqual({ type: 'mrkdwn', text: one.text, verbatim: true })
    if (one.type === 'mrkdwn')
      expect(one.text).toMatch(/^(\*[\w ,:]+\*|[\w ]*<!date\^-?\d+\^[\w{} ]+\|[\d :-]+UTC>)$/)
    else expect(one.emoji).toBe(false)
    expect(one.text).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
  }
  // the sentence beside the blocks is sent with what makes markup of it switched off
  if ('text' in message) expect(message.text).not.toMatch(/[<>\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|&(?!(amp|lt|gt);)/u)
}
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
  expire_at: fc.option(time),
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
  auto_approve_under: fc.option(money),
  invoice_to: fc.option(words),
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

const troubled = fc.record({
  tenant_id: fc.constant('northwind'),
  media_buy_id: fc.constant('mb_1'),
  agent: words,
  brand_domain: words,
  since: fc.constant(new Date()),
  packages: fc.array(fc.record({ product: words, reason: words }), { minLength: 1, maxLength: 50 }),
})

test('whatever is bought, Slack takes the message and its details', () => {
  fc.assert(
    fc.property(request, page, (asked, console) => {
      const message = approvalMessage(asked, console)
      expect(blockKitFaults(message.blocks, 'message')).toEqual([])
      expectPlain(message)
      expect(viewFaults(detailsModal(asked, console))).toEqual([])
      expectPlain(detailsModal(asked, console))
      for (const more of [
        reminderMessage(asked, console),
        answeredMessage(asked, console),
        linksOnly(message),
      ]) {
        expect(blockKitFaults(more.blocks, 'message')).toEqual([])
        expectPlain(more)
      }
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
    troubled: fc.array(troubled, { maxLength: 8 }),
    counts: fc.record({ approvals: fc.nat(), questions: fc.nat(), creatives: fc.nat(), troubled: fc.nat() }),
  })
  fc.assert(
    fc.property(waiting, page, fc.boolean(), (all, console, mayDecide) => {
      const figures = { day: '2026-01-01', bought: [], running: 1, failed_syncs: 1 }
      const home = homeView(
        [
          { ...all, mayDecide },
          { ...all, mayDecide },
        ] as never,
        () => console,
      )
      expect(viewFaults(home)).toEqual([])
      expectPlain(home)
      for (const message of [
        ...all.questions.map((asked) => questionMessage(asked as never, console)),
        ...all.creatives.map((shown) => creativeMessage(shown, console)),
        ...all.troubled.map((buy) => concernMessage(buy, console)),
        pendingMessage([all], () => console),
        summaryMessage(figures, all, console),
      ]) {
        expect(blockKitFaults(message.blocks, 'message')).toEqual([])
        expectPlain(message)
      }
    }),
    { numRuns: 40 },
  )
})

test('whatever an ad server or a person says, Slack takes it and makes nothing of it', () => {
  fc.assert(
    fc.property(
      fc.record({ connection: words, kind: words, code: words, message: words }),
      page,
      (said, console) => {
        const failed = syncFailedMessage({ ...said, connection_id: 'theirs' }, console)
        const told = toldMessage(said.message)
        for (const one of [failed, told]) {
          expect(blockKitFaults(one.blocks, 'message')).toEqual([])
          expectPlain(one)
        }
        const ask = {
          callback_id: 'skip',
          subject: 'x',
          title: said.kind,
          label: said.code,
          hint: said.message,
        } as const
        for (const view of [toldModal(said.connection, said.message), reasonModal(ask)]) {
          expect(viewFaults(view)).toEqual([])
          expectPlain(view)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('every message and view there is, is tried here', async () => {
  const folder = new URL('../../src/blocks/', import.meta.url)
  const own = readFileSync(new URL(import.meta.url), 'utf8')
  for (const file of readdirSync(folder))
    for (const name of Object.keys((await import(new URL(file, folder).href)) as object))
      if (/(Message|Modal|View)$/.test(name)) expect([name, own.includes(`${name}(`)]).toEqual([name, true])
})
