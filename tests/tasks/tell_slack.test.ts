import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { askBuyer } from '../../src/commands/ask_buyer.ts'
import { checkSlack } from '../../src/cli/doctor/slack.ts'
import { setApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import { connectSlack } from '../../src/commands/slack/connect.ts'
import { setUpSlack } from '../../src/commands/slack/set_up.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { sendSummary } from '../../src/commands/slack/send_summary.ts'
import { tellPeople } from '../../src/commands/tell_people.ts'
import type { DeliveryConcern } from '../../src/db/schema.ts'
import { enqueue } from '../../src/jobs.ts'
import { createSeal } from '../../src/seal.ts'
import { findConcern } from '../support/concerns.ts'
import { aPurchase, connectBuyer, encryptionKey, testDesk, type TestBuyer } from '../support/desk.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { behave } from '../support/orders.ts'
import { slackToken, startSlack } from '../support/slack/server.ts'
import { aChange } from '../support/updates.ts'

const slack = await startSlack()
const desk = testDesk({
  SLACK_BOT_TOKEN: slackToken,
  SLACK_API_URL: slack.apiUrl,
  PUBLIC_URL: 'https://desk.example',
})
const tenant_id = 'northwind'
const console = 'https://desk.example/console/northwind'
let buyer: TestBuyer
beforeAll(async () => {
  buyer = await connectBuyer(`http://127.0.0.1:${desk.port}/mcp`, await desk.token())
  await connectSlack(desk.db, {
    tenant_id,
    how: { way: 'environment', team: { team_id: slack.team, team_name: 'Northwind' } },
    by: 'test',
    now: desk.now,
  })
  const set = { channel_id: slack.channel, escalation_channel_id: slack.escalation }
  await setUpSlack(desk.db, { tenant_id, by: 'test', set })
})
beforeEach(() => {
  // not behind the wall clock, by which jobs become due
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now()))
  slack.trouble.length = 0
  slack.calls.length = 0
})

/** A purchase that waits, and its workflow step. */
async function waiting(overrides = {}) {
  const item = { product_id: 'trail_podcast_host_read', pricing_option_id: 'cpm_gbp_fixed', budget: 20 }
  const purchase = aPurchase({ package: { ...item, bid_price: undefined }, ...overrides }, desk.now)
  const { body } = await buyer.call('create_media_buy', purchase)
  return desk.db
    .selectFrom('workflow_steps')
    .select(['workflow_step_id', 'media_buy_id'])
    .where('task_id', '=', String(body['task_id']))
    .executeTakeFirstOrThrow()
}
const policy = (policy: object) =>
  setApprovalPolicy(desk.db, { tenant_id, policy, actor: { kind: 'operator', name: 'x' } })
const decide = (id: string, decision: 'approved' | 'rejected', reason?: string) =>
  decideApproval(desk.db, {
    ...{ tenant_id, id, decision, decided_by: 'Kim', now: desk.now },
    ...(reason !== undefined && { reason }),
  })
/** Runs the queue as long as Slack is waited for. */
async function later(minutes: number) {
  desk.now = new Date(desk.now.getTime() + minutes * 60_000)
  await desk.runJobs(desk.now)
}
const last = async (channel?: string) => (await slack.messages(channel)).at(-1)
const shown = (message: unknown) => JSON.stringify(message)
const posts = () => slack.calls.filter(({ method }) => method === 'chat.postMessage').length
const tell = (kind: 'approval_reminder' | 'approval_escalated', subject_id: string) =>
  desk.db.transaction().execute((trx) => tellPeople(trx, { tenant_id, kind, subject_id, now: desk.now }))

describe('a media buy that does not deliver as it should', () => {
  test('is told in the channel with what is the matter, once a day, and stands in the summary until it is well', async () => {
    const { media_buy_id } = await waiting()
    const find = async (concern: DeliveryConcern, reason?: string) => {
      await findConcern(desk, media_buy_id, concern, reason)
      await desk.runJobs()
    }
    await desk.runJobs()
    await find('behind', '28 % behind: <!channel>')
    const message = await last()
    for (const word of ['does not deliver as it should', 'Pinnacle', 'acme-outdoor.example', 'Podcast'])
      expect(shown(message)).toContain(word)
    expect(shown(message)).toMatch(/"type":"plain_text","text":"[^"]*28 % behind: <!channel>/)
    expect(message?.blocks.at(-1)?.elements).toMatchObject([
      { action_id: 'open', url: `${console}/media_buys/${media_buy_id}` },
    ])
    const before = posts()
    await find('behind', '30 % behind')
    await find('behind')
    await find('behind', '31 % behind')
    expect(posts()).toBe(before)
    desk.now = new Date(desk.now.getTime() + 86_400_000)
    await find('behind')
    await find('behind', '40 % behind')
    expect(posts()).toBe(before + 1)
    expect(shown(await last())).toContain('40 % behind')
    await sendSummary(desk.db, { tenant_id, by: { kind: 'operator', name: 'Kim' }, now: desk.now })
    await desk.runJobs()
    expect(shown(await last())).toContain('Media buys that do not deliver as they should: 1')
    await find('behind')
    await find('not_serving', 'Line item 7 was paused there.')
    await findConcern(desk, media_buy_id, 'not_serving', undefined)
    await sendSummary(desk.db, {
      tenant_id,
      by: { kind: 'operator', name: 'Lu' },
      now: new Date(desk.now.getTime() + 1),
    })
    await desk.runJobs()
    expect(shown(await last())).not.toContain('do not deliver')
  })
})

describe('a purchase that waits for approval', () => {
  test('is told in the channel with what it takes to decide, and the message says what became of it', async () => {
    const { workflow_step_id, media_buy_id } = await waiting()
    await desk.runJobs()
    const message = await last()
    for (const word of ['Approval needed', 'Pinnacle', 'acme-outdoor.example', 'GBP 20.00', 'New advertiser'])
      expect(shown(message)).toContain(word)
    expect(message?.blocks.at(-1)?.elements).toMatchObject([
      { action_id: 'approve', value: `northwind ${workflow_step_id}` },
      { action_id: 'reject' },
      { action_id: 'ask' },
      { action_id: 'details' },
      { action_id: 'open', url: `${console}/approvals/${workflow_step_id}` },
    ])
    await decide(media_buy_id, 'approved', 'Good client')
    await desk.runJobs()
    const settled = await last()
    expect(settled?.ts).toBe(message?.ts)
    expect(shown(settled)).toContain('Approved by Kim')
    expect(shown(settled)).toContain('Good client')
    expect(shown(settled)).toContain('stands on the ad server')
    expect(shown(settled)).not.toContain('"approve"')
  })

  test.each([
    [
      'is refused by the ad server',
      { refuse: 'That advertiser is blocked.' },
      'was refused by the ad server (The ad server refused: That advertiser is blocked.)',
    ],
    ['needs a person', { needs_person: 'The rate card changed.' }, 'needs a person (The rate card changed.)'],
    ['is called off by its buyer', {}, 'was taken back'],
  ])('and whose order %s later says so', async (what, behaviour, words) => {
    await behave(desk.db, behaviour, 'trail_podcast_host_read')
    const { media_buy_id, workflow_step_id } = await waiting()
    await desk.runJobs()
    await decide(media_buy_id, 'approved')
    await desk.runJobs()
    if (what.startsWith('is called off')) {
      await buyer.call('update_media_buy', aChange(media_buy_id, { canceled: true }))
      await desk.runJobs()
    }
    await behave(desk.db, {}, 'trail_podcast_host_read')
    const told = (await slack.messages()).filter((one) => shown(one).includes(workflow_step_id))
    expect(told.map((one) => shown(one))).toEqual([expect.stringContaining(words)])
  })

  test('and is to be changed says thing by thing what is asked for', async () => {
    const { media_buy_id } = await waiting()
    await decide(media_buy_id, 'approved')
    const { package_id } = await desk.db
      .selectFrom('media_packages')
      .select('package_id')
      .where('media_buy_id', '=', media_buy_id)
      .executeTakeFirstOrThrow()
    await buyer.call('update_media_buy', aChange(media_buy_id, { packages: [{ package_id, budget: 60 }] }))
    await desk.runJobs()
    expect((await last())?.text).toContain('Approval needed: a change of a purchase')
    expect(shown(await last())).toContain('Budget of the buy: GBP 20.00 → GBP 60.00')
    expect(shown(await last())).not.toContain('New advertiser')
  })

  test('is told again in the channel chosen since, and below no message of another', async () => {
    const { workflow_step_id } = await waiting()
    await desk.runJobs()
    await setUpSlack(desk.db, { tenant_id, by: 'test', set: { channel_id: slack.others.channel } })
    await tell('approval_reminder', workflow_step_id)
    await desk.runJobs()
    const reminder = await last(slack.others.channel)
    expect([reminder?.text, reminder?.thread_ts]).toEqual([
      expect.stringContaining('Still waits for approval'),
      undefined,
    ])
    await setUpSlack(desk.db, { tenant_id, by: 'test', set: { channel_id: slack.channel } })
  })

  test('is told again below the message, and to whom it is escalated, who sees the end of it too', async () => {
    const { workflow_step_id } = await waiting()
    await desk.runJobs()
    const message = await last()
    await tell('approval_reminder', workflow_step_id)
    await tell('approval_escalated', workflow_step_id)
    await desk.runJobs()
    expect(shown(await slack.replies(slack.channel, message?.ts ?? ''))).toContain('Still waits for approval')
    expect(shown(await last(slack.escalation))).toContain('"approve"')
    await decide(workflow_step_id, 'rejected', 'Too dear')
    await desk.runJobs()
    for (const channel of [slack.channel, slack.escalation]) {
      expect(shown(await last(channel))).toContain('Too dear')
      expect(shown(await last(channel))).not.toContain('"approve"')
    }
    const before = posts()
    await tell('approval_reminder', workflow_step_id)
    await desk.runJobs()
    expect(posts()).toBe(before)
  })

  test('shows what its buyer was asked, and its answer is told below the message', async () => {
    const { workflow_step_id: id } = await waiting()
    await desk.runJobs()
    const { ts = '' } = (await last()) ?? {}
    const asked = await askBuyer(desk.db, {
      ...{ tenant_id, id, question: 'Which <!channel>?', asked_by: 'Kim', now: desk.now },
    })
    await desk.runJobs()
    expect(shown(await last())).toContain('Kim asked: Which <!channel>? The buyer has not answered yet')
    expect(await slack.replies(slack.channel, ts)).toEqual([])
    const context_id = 'context_id' in asked ? asked.context_id : ''
    const said = { context_id, ext: { salesdesk: { answer: 'The blue one.' } } }
    const { packages: _as_they_were, ...answer } = aPurchase(said, desk.now)
    expect((await buyer.call('create_media_buy', answer)).texts.join()).toContain('has your answer')
    await desk.runJobs()
    const [reply] = await slack.replies(slack.channel, ts)
    expect(shown(await slack.messages())).toContain('The buyer answered: The blue one.')
    expect(shown(reply)).toContain('The buyer has answered: Pinnacle')
    expect(shown(reply)).toContain('The blue one.')
  })
})

describe('a Slack', () => {
  test('that is away is told everything later, in order, and a decision of meanwhile with it', async () => {
    const before = (await slack.messages()).length
    slack.trouble.push('cut', { status: 503 }, { status: 500 })
    const steps = [await waiting(), await waiting(), await waiting()]
    await desk.runJobs()
    expect((await slack.messages()).length).toBe(before)
    const [first] = steps
    await decide(first?.workflow_step_id ?? '', 'approved')
    for (let i = 0; i < 4; i += 1) await later(1)
    const told = (await slack.messages()).slice(before)
    expect(told.map(({ blocks }) => shown(blocks))).toEqual(
      steps.map(({ workflow_step_id }) => expect.stringContaining(workflow_step_id)),
    )
    expect(shown(told[0])).toContain('Approved by Kim')
  })

  test('that turns us away is asked again when it says, and not before', async () => {
    slack.trouble.push({ status: 429, headers: { 'retry-after': '600' } })
    await waiting()
    await later(0)
    await waiting()
    await later(5)
    expect(posts()).toBe(1)
    await later(6)
    expect(posts()).toBe(3)
  })

  test('whose answer is lost is looked through before it is told again', async () => {
    slack.trouble.push('lost')
    await waiting()
    await later(0)
    const after = (await slack.messages()).length
    await later(1)
    expect((await slack.messages()).length).toBe(after)
    expect(posts()).toBe(1)
    const unsent = await desk.db.selectFrom('slack_posts').select('ts').where('done_at', 'is', null).execute()
    expect(unsent).toEqual([])
  })

  test('that never takes a message gets the next one', async () => {
    slack.trouble.push({ status: 200, body: JSON.stringify({ ok: false, error: 'msg_too_long' }) })
    await waiting()
    const { workflow_step_id } = await waiting()
    await later(0)
    expect(shown(await last())).toContain(workflow_step_id)
    const { given_up } = await desk.db
      .selectFrom('slack_posts')
      .select('given_up')
      .where('given_up', 'is not', null)
      .executeTakeFirstOrThrow()
    expect(given_up).toBe('msg_too_long')
  })

  test('whose channel is gone keeps everything until it is put right, and says what is wrong', async () => {
    await setUpSlack(desk.db, { tenant_id, by: 'test', set: { channel_id: 'CGONE' } })
    const { workflow_step_id } = await waiting()
    await later(0)
    const { last_error } = await desk.db
      .selectFrom('slack_connections')
      .select('last_error')
      .executeTakeFirstOrThrow()
    expect(last_error).toBe('channel_not_found')
    await later(1)
    await later(1)
    const lost = `${tenant_id}: the app sees no such channel`
    expect(await checkSlack(desk.db)).toMatchObject({
      ok: false,
      text: expect.stringContaining(lost) as string,
    })
    await setUpSlack(desk.db, { tenant_id, by: 'test', set: { channel_id: slack.channel } })
    await later(0)
    expect(shown(await last())).toContain(workflow_step_id)
    expect(await checkSlack(desk.db)).toEqual({ ok: true, subject: 'slack', text: '1 told there' })
  })

  test('that lets us change nothing in a channel of before holds up nothing in that of now', async () => {
    const { workflow_step_id } = await waiting()
    await desk.runJobs()
    await setUpSlack(desk.db, { tenant_id, by: 'test', set: { channel_id: slack.others.channel } })
    slack.trouble.push({ status: 200, body: JSON.stringify({ ok: false, error: 'not_in_channel' }) })
    await decide(workflow_step_id, 'rejected', 'Too dear')
    const next = await waiting()
    await desk.runJobs()
    expect(shown(await last(slack.others.channel))).toContain(next.workflow_step_id)
    await setUpSlack(desk.db, { tenant_id, by: 'test', set: { channel_id: slack.channel } })
  })

  test('is told by two workers at once what one would tell', async () => {
    const before = (await slack.messages()).length
    await waiting()
    await Promise.all([desk.runJobs(), enqueueAgain().then(() => desk.runJobs())])
    expect((await slack.messages()).length).toBe(before + 1)
  })
})
describe('what whoever decides should know of a purchase', () => {
  const product_id = 'trail_podcast_host_read'
  const warned = async (overrides = {}) => {
    await waiting(overrides)
    await desk.runJobs()
    return ((await last())?.blocks ?? []).flatMap(({ type, elements = [] }) =>
      type === 'context' ? elements.map((one) => (one as { text: string }).text) : [],
    )
  }
  const limits = (limits: object[]) => policy({ limits })

  test('is not that its advertiser is new once something was sold to it', async () => {
    const { media_buy_id } = await waiting()
    await decide(media_buy_id, 'approved')
    expect((await warned()).join()).not.toContain('New advertiser')
  })

  test('is that it costs more than the publisher lets pass, by its threshold or its limit for the currency', async () => {
    const threshold = (approval_threshold: string) =>
      desk.db.updateTable('tenants').set({ approval_threshold }).execute()
    await threshold('19')
    expect(await warned()).toContain('⚠ Above the threshold of GBP 19.00')
    await limits([{ currency: 'GBP', auto_approve_under: 20 }])
    expect(await warned()).toContain('⚠ Not under GBP 20.00, the threshold')
    await limits([{ currency: 'GBP', auto_approve_under: 21 }])
    expect((await warned()).join()).not.toContain('threshold')
    await limits([])
  })

  test('is that little is left of a product', async () => {
    const capacity = desk.db.updateTable('products').where('product_id', '=', product_id)
    await capacity.set({ daily_capacity: 1_000_000 }).execute()
    expect((await warned()).join()).not.toContain('Little left')
    const { held } = await desk.db
      .selectFrom('reservations')
      .select(sql<number>`sum(amount)::int`.as('held'))
      .where('product_id', '=', product_id)
      .where('released_at', 'is', null)
      .groupBy('day')
      .orderBy('held', 'desc')
      .executeTakeFirstOrThrow()
    await capacity.set({ daily_capacity: Math.ceil(held * 1.1) }).execute()
    expect((await warned()).join()).toContain('Little left')
    await capacity.set({ daily_capacity: null }).execute()
  })

  test('is that another company is to be invoiced', async () => {
    const invoice_recipient = { legal_name: 'Somebody Else Ltd' }
    expect((await warned({ invoice_recipient })).join()).toContain(
      'The invoice goes to Somebody Else Ltd, not to',
    )
  })
})
const enqueueAgain = () => desk.db.transaction().execute((trx) => enqueue(trx, 'tell_slack', { tenant_id }))

test('what a buyer writes mentions nobody, links to nothing and looks like nothing of ours', async () => {
  await waiting({ po_number: '<!channel> *Approved by Kim* <https://evil.example|click>\nApproved' })
  await later(0)
  const message = await last()
  const po = shown(message?.blocks)
  expect(po).toContain(
    '"text":"<!channel> *Approved by Kim* <https://evil.example|click> Approved","emoji":false',
  )
  expect(message?.text).not.toMatch(/[<>]/)
})

test('once a day, at the hour the publisher wants, the day is told', async () => {
  await setUpSlack(desk.db, { tenant_id, by: 'test', set: { time_zone: 'Europe/Berlin', summary_hour: 9 } })
  const at = async (time: string) => {
    desk.now = new Date(time)
    await desk.db.transaction().execute((trx) => enqueue(trx, 'start_daily_summaries', {}))
    await desk.runJobs(desk.now)
    return posts()
  }
  expect(await at('2027-06-01T06:50:00Z')).toBe(0)
  expect(await at('2027-06-01T07:10:00Z')).toBe(1)
  expect(await at('2027-06-01T07:20:00Z')).toBe(1)
  expect(shown(await last())).toContain('Waiting for approval')
  expect(await at('2027-06-02T07:00:00Z')).toBe(2)
  // no worker ran at nine
  expect(await at('2027-06-03T09:30:00Z')).toBe(3)
  expect(await at('2027-06-04T20:00:00Z')).toBe(3)
  // no clock there shows two in this night, and this one shows it twice
  await setUpSlack(desk.db, { tenant_id, by: 'test', set: { summary_hour: 2 } })
  expect(await at('2028-03-26T00:50:00Z')).toBe(3)
  expect(await at('2028-03-26T01:00:00Z')).toBe(4)
  expect(await at('2028-10-29T00:10:00Z')).toBe(5)
  expect(await at('2028-10-29T01:10:00Z')).toBe(5)
})

test('a workspace without an app hears by its incoming webhook what waits, with links for buttons', async () => {
  const earlier = await waiting()
  await policy({ review_creatives: 'all' })
  await buyer.call('sync_creatives', aSync({ creatives: [aBanner('to_review')] }))
  await later(0)
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int as n from slack_posts where done_at is null`.execute(desk.db)
  expect(rows).toEqual([{ n: 0 }])
  const url = `${slack.url}/services/T000000001/B000000001/X000000001`
  const escalation_url = `${slack.url}/services/T000000001/B000000001/escalated`
  const how = { way: 'incoming_webhook', url, escalation_url, seal: createSeal(encryptionKey) } as const
  await connectSlack(desk.db, { tenant_id, how, by: 'test', now: desk.now })
  const { workflow_step_id } = await waiting()
  await later(0)
  const escalated = { tenant_id, kind: 'approval_escalated', subject_id: workflow_step_id } as const
  await desk.db.transaction().execute((trx) => tellPeople(trx, { ...escalated, now: desk.now }))
  await later(0)
  await decide(workflow_step_id, 'approved')
  await later(0)
  const hooked = slack.calls.filter(({ method }) => method.startsWith('services/'))
  const all = hooked.map(({ args }) => shown(args))
  for (const waits of [earlier.workflow_step_id, 'to_review'])
    expect(all.filter((one) => one.includes(waits))).toHaveLength(1)
  const ofIt = hooked.filter(({ args }) => shown(args).includes(workflow_step_id))
  const sent = ofIt.map(({ args }) => shown(args))
  expect(sent).toEqual([
    expect.stringContaining(`${console}/approvals/${workflow_step_id}`),
    expect.stringContaining('Approval needed'),
    expect.stringContaining('Approved by Kim'),
    expect.stringContaining('stands on the ad server'),
  ])
  expect(ofIt.map(({ method }) => method.endsWith('/escalated'))).toEqual([false, true, false, false])
  expect(sent.join()).not.toContain('"approve"')
  expect(JSON.stringify(await desk.db.selectFrom('slack_connections').selectAll().execute())).not.toContain(
    'services',
  )
})
