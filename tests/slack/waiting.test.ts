import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { setApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { askedOfPeople, behave, buy } from '../support/orders.ts'
import { connectedPeople, decisions, waitingPurchase } from '../support/slack/people.ts'
import { signingSecret, slackToken, startSlack } from '../support/slack/server.ts'
import { signedSlack } from '../support/slack/signed.ts'
import { updates } from '../support/updates.ts'

const slack = await startSlack()
const desk = testDesk({
  SLACK_BOT_TOKEN: slackToken,
  SLACK_SIGNING_SECRET: signingSecret,
  SLACK_API_URL: slack.apiUrl,
})
const tenant_id = 'northwind'
const { click, clickAtHome, answer, answerAtHome, event, command } = signedSlack(desk, slack)
let buyer: TestBuyer
const { change, buy: buyFor } = updates(desk, () => buyer)
beforeAll(async () => {
  buyer = await desk.buyer()
  await connectedPeople(desk, slack)
})
beforeEach(() => {
  slack.calls.length = 0
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now()))
})

const policy = (policy: Args) =>
  setApprovalPolicy(desk.db, { tenant_id, policy, actor: { kind: 'operator', name: 'x' } })
const said = (method: string) =>
  slack.calls.filter((call) => call.method === method).map(({ args }) => JSON.stringify(args))
/** Somebody was shown or told this, where nobody else sees it. */
const hears = (method: string, words: string) =>
  eventually(`${method}: ${words}`, () => Promise.resolve(said(method).some((one) => one.includes(words))))
const { stepOf, settled } = decisions(desk)
const audited = (subject_id: string) =>
  desk.db.selectFrom('audit_log').select(['action', 'user_id']).where('subject_id', '=', subject_id).execute()
const opensHome = (name: string, tab = 'home') =>
  event({ type: 'app_home_opened', user: slack.user(name), tab })

describe('the app’s home', () => {
  test('shows an approver what waits, with buttons; a viewer without; and a stranger who to ask', async () => {
    const { value } = await waitingPurchase(desk)
    await opensHome('kim')
    await hears('views.publish', value)
    expect(said('views.publish').join()).toContain('approve')
    slack.calls.length = 0
    await opensHome('vera')
    await hears('views.publish', value)
    expect(said('views.publish').join()).not.toContain('Reject…')
    slack.calls.length = 0
    await opensHome('stranger')
    await hears('views.publish', 'not connected to a user of the desk')
    await opensHome('kim', 'messages')
    expect(said('views.publish')).toHaveLength(1)
  })

  test('asks the buyer there, and takes the choices about an order that needs a person', async () => {
    const { value, step } = await waitingPurchase(desk)
    await clickAtHome('kim', 'ask', value)
    await hears('views.open', 'Ask the buyer')
    await opensHome('kim')
    await hears('views.publish', 'Ask…')
    await answerAtHome('kim', 'ask', value, 'Which landing page is it for?')
    await settled(step, 'input_required')
    await behave(desk.db, { needs_person: 'The rate card changed.' })
    const id = await buy(buyer, {}, desk.now)
    await desk.runJobs()
    const [asked] = await askedOfPeople(desk.db, id)
    slack.calls.length = 0
    await opensHome('kim')
    for (const choice of ['retry_step', 'skip_step', 'abandon_step']) await hears('views.publish', choice)
    const stuck = `${tenant_id} ${asked?.workflow_step_id ?? ''}`
    await answerAtHome('kim', 'abandon', stuck, 'The page is gone')
    await settled(asked?.workflow_step_id ?? '', 'rejected')
    await behave(desk.db, {})
  })

  test('shows what is left once something was decided there', async () => {
    const { value, step } = await waitingPurchase(desk)
    await clickAtHome('kim', 'approve', value)
    await settled(step, 'completed')
    await hears('views.publish', 'what waits')
    expect(said('views.publish').join()).not.toContain(step)
    await clickAtHome('dana', 'approve', value)
    await hears('views.open', 'it was approved before by kim')
  })
})

describe('/salesdesk', () => {
  const says = (name: string, text: string) => command(name, text, `${slack.url}/response/1`)

  test('pending lists what waits, to whoever asks alone', async () => {
    const { step } = await waitingPurchase(desk)
    await says('vera', 'pending')
    await hears('response/1', step)
    expect(said('response/1').join()).toContain('"response_type":"ephemeral"')
    await says('stranger', 'pending')
    await hears('response/1', 'not connected to a user of the desk')
  })

  test('with any other word says what it can do', async () => {
    await says('kim', 'sell everything')
    await hears('response/1', '/salesdesk pending')
  })
})

describe('an order that needs a person', () => {
  async function stuck() {
    await behave(desk.db, { needs_person: 'The rate card changed.' })
    const id = await buy(buyer, {}, desk.now)
    await desk.runJobs()
    const [asked] = await askedOfPeople(desk.db, id)
    const step = asked?.workflow_step_id ?? ''
    return { id, step, value: `${tenant_id} ${step}` }
  }

  test('is retried by whoever clicks first, and whoever comes second is told', async () => {
    const { step, value } = await stuck()
    expect(JSON.stringify((await slack.messages()).at(-1))).toContain('The rate card changed.')
    await Promise.all([click('kim', 'retry_step', value), click('dana', 'retry_step', value)])
    await settled(step, 'completed')
    await hears('chat.postEphemeral', 'it was seen to before by')
    expect(await audited(step)).toEqual([
      { action: 'step_retried', user_id: expect.stringMatching(/^usr_(kim|dana)$/) },
    ])
    await click('vera', 'retry_step', value)
    await hears('chat.postEphemeral', 'takes an approver')
  })

  test('was done by hand under an id one is asked for, and without it is left as it is', async () => {
    const { step, value } = await stuck()
    await click('kim', 'skip_step', value)
    await hears('views.open', 'Its id on the ad server')
    await answer('kim', 'skip', value, ' ')
    await hears('chat.postEphemeral', 'Say which id the order made by hand has')
    await answer('kim', 'skip', value, '4711')
    await settled(step, 'completed')
    expect(await stepOf(step)).toMatchObject({ reason: 'skipped as 4711', decided_by: 'kim' })
    await desk.runJobs()
    expect(JSON.stringify(await slack.messages())).toContain('Settled by kim: skipped as 4711')
  })

  test('is given up with a reason the buyer reads', async () => {
    const { id, step, value } = await stuck()
    await click('kim', 'abandon_step', value)
    await hears('views.open', 'Its orders are taken back')
    await answer('kim', 'abandon', value, 'The page is gone')
    await settled(step, 'rejected')
    const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id] })
    expect(JSON.stringify(body)).toContain('The page is gone')
  })
})

describe('a creative that waits for review', () => {
  beforeEach(async () => {
    await policy({ review_creatives: 'all' })
    await behave(desk.db, {})
  })
  let serial = 0
  async function waiting() {
    const creative_id = `creative_${++serial}`
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner(creative_id)] }))
    await desk.runJobs()
    return { creative_id, value: await buttonOf(creative_id) }
  }
  const messagesOf = async (creative_id: string) =>
    (await slack.messages()).filter((one) => JSON.stringify(one).includes(creative_id))
  /** What the buttons of the last message about it name; another may have come after it. */
  async function buttonOf(creative_id: string) {
    const { blocks = [] } = (await messagesOf(creative_id)).at(-1) ?? {}
    const actions = blocks.find(({ type }) => type === 'actions') as
      { elements: { value: string }[] } | undefined
    return actions?.elements[0]?.value ?? ''
  }
  const statusOf = (id: string) =>
    desk.db
      .selectFrom('creatives')
      .select(['status', 'reviewed_by', 'rejection_reason'])
      .where('creative_id', '=', id)
      .executeTakeFirstOrThrow()

  test('is approved with a click, once, and the message says by whom', async () => {
    const { creative_id, value } = await waiting()
    await Promise.all([click('kim', 'approve_creative', value), click('dana', 'approve_creative', value)])
    await hears('chat.postEphemeral', 'it was approved before by')
    expect(await statusOf(creative_id)).toMatchObject({ status: 'approved' })
    expect(await audited(creative_id)).toHaveLength(1)
    await desk.runJobs()
    expect(JSON.stringify(await messagesOf(creative_id))).toMatch(/It is approved by (kim|dana)/)
  })

  test('is rejected with a reason the buyer reads', async () => {
    const { creative_id, value } = await waiting()
    await click('kim', 'reject_creative', value)
    await hears('views.open', 'The buyer reads this.')
    await answer('kim', 'reject_creative', value, 'Too loud')
    await eventually('rejected', async () => (await statusOf(creative_id)).status === 'rejected')
    expect(await statusOf(creative_id)).toMatchObject({ reviewed_by: 'kim', rejection_reason: 'Too loud' })
  })

  test('is not approved by a click on an older version; that message shows the new one too', async () => {
    const { creative_id, value } = await waiting()
    desk.now = new Date(desk.now.getTime() + 1000)
    const worse = { ...aBanner(creative_id), assets: aBanner('worse')['assets'] }
    await buyer.call('sync_creatives', aSync({ creatives: [worse] }))
    await click('kim', 'approve_creative', value)
    await hears('chat.postEphemeral', 'another version since')
    expect(await statusOf(creative_id)).toMatchObject({ status: 'pending_review' })
    await desk.runJobs()
    const [before, last] = await messagesOf(creative_id)
    for (const message of [before, last]) expect(JSON.stringify(message)).toContain('worse.png')
    await click('kim', 'approve_creative', await buttonOf(creative_id))
    await eventually('approved', async () => (await statusOf(creative_id)).status === 'approved')
  })
})

describe('a click that comes too late', () => {
  test('on a change whose buyer has canceled decides nothing', async () => {
    await policy({})
    await behave(desk.db, {})
    const { media_buy_id, package_id } = await buyFor()
    const { body } = await change(media_buy_id, { packages: [{ package_id, budget: 60_000 }] })
    const { workflow_step_id } = await desk.db
      .selectFrom('workflow_steps')
      .select('workflow_step_id')
      .where('task_id', '=', String(body['task_id']))
      .executeTakeFirstOrThrow()
    await change(media_buy_id, { canceled: true })
    await click('kim', 'approve', `${tenant_id} ${workflow_step_id}`)
    await hears('chat.postEphemeral', 'Nothing was changed: it was canceled before')
    expect(await stepOf(workflow_step_id)).toMatchObject({ status: 'canceled' })
  })

  test('on what nobody decided in time finds it declined, whether the clock has looked or not', async () => {
    await policy({ expire_after_hours: 8, expire_reason: 'We were asleep' })
    const { step, value } = await waitingPurchase(desk)
    desk.now = new Date(desk.now.getTime() + 8 * 3_600_000)
    await Promise.all([click('kim', 'approve', value), click('dana', 'approve', value)])
    await hears(
      'chat.postEphemeral',
      'it was rejected before by the clock: nobody decided in time (We were asleep)',
    )
    expect(await stepOf(step)).toMatchObject({ status: 'rejected', decided_by: 'clock' })
  })
})
