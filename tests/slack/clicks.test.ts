import { createHash, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { takeDelivery } from '../../src/commands/slack/delivery.ts'
import { createPool } from '../../src/db/database.ts'
import { quiet } from '../support/database.ts'
import { testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { connectedPeople, decisions, waitingPurchase } from '../support/slack/people.ts'
import { signingSecret, slackToken, startSlack } from '../support/slack/server.ts'
import { signedSlack, type Sent } from '../support/slack/signed.ts'

const slack = await startSlack()
const desk = testDesk({
  SLACK_BOT_TOKEN: slackToken,
  SLACK_SIGNING_SECRET: signingSecret,
  SLACK_API_URL: slack.apiUrl,
})
const tenant_id = 'northwind'
beforeAll(() => connectedPeople(desk, slack))
beforeEach(() => {
  slack.calls.length = 0
})

const waiting = async () => (await waitingPurchase(desk)).step
const { click: press, answer: send, command, event } = signedSlack(desk, slack)
const click = (name: string, action_id: string, step: string, sent: Sent = {}) =>
  press(name, action_id, `${tenant_id} ${step}`, sent)
const answer = (name: string, callback_id: string, step: string, text: string, sent: Sent = {}) =>
  send(name, callback_id, `${tenant_id} ${step}`, text, sent)
const { stepOf: statusOf, settled } = decisions(desk)
/** What only this person was told. */
const privately = (words: string) =>
  eventually(words, () =>
    Promise.resolve(
      slack.calls.some(
        ({ method, args }) => method === 'chat.postEphemeral' && args['text']?.includes(words),
      ),
    ),
  )
const failed = 'Something went wrong on our side. Nothing was changed. Try again in a minute.'
const toldByUrl = () =>
  slack.calls.filter(({ method }) => method === 'response/1').map(({ args }) => args['text'])
const shown = async () => JSON.stringify((await slack.messages()).at(-1))

describe('a click of an approver', () => {
  test('decides, and the message says who did for everyone', async () => {
    const step = await waiting()
    expect(await click('kim', 'approve', step)).toBe(200)
    await settled(step, 'completed')
    expect(await statusOf(step)).toMatchObject({ decided_by: 'kim' })
    const { user_id } = await desk.db
      .selectFrom('audit_log')
      .select('user_id')
      .where('subject_id', '=', step)
      .where('action', '=', 'approve')
      .executeTakeFirstOrThrow()
    expect(user_id).toBe('usr_kim')
    await desk.runJobs()
    expect(await shown()).toContain('Approved by kim')
  })

  test('on Reject asks why, and the buyer and everyone read it', async () => {
    const step = await waiting()
    await click('kim', 'reject', step)
    await eventually('the question', () =>
      Promise.resolve(slack.calls.some(({ method }) => method === 'views.open')),
    )
    expect(await statusOf(step)).toMatchObject({ status: 'requires_approval' })
    expect(await answer('kim', 'reject', step, 'Not in May')).toBe(200)
    await settled(step, 'rejected')
    await desk.runJobs()
    expect(await shown()).toContain('Not in May')
  })

  test('on Details sees every package', async () => {
    const step = await waiting()
    await click('kim', 'details', step)
    await eventually('the details', () =>
      Promise.resolve(slack.calls.some(({ args }) => JSON.stringify(args['view'] ?? '').includes('pkg_'))),
    )
  })

  test('that comes twice, second, or with others at once is one decision, and all are told whose', async () => {
    const step = await waiting()
    await Promise.all([
      click('kim', 'approve', step),
      click('dana', 'approve', step),
      click('kim', 'approve', step),
    ])
    await settled(step, 'completed')
    await privately('Nothing was changed: it was approved before by')
    const given = await desk.db
      .selectFrom('audit_log')
      .select('actor')
      .where('subject_id', '=', step)
      .where('action', '=', 'approve')
      .execute()
    expect(given).toHaveLength(1)
  })

  test('that fails on our side is told so, and done when it is clicked again', async () => {
    const step = await waiting()
    await sql`alter table audit_log rename to audit_log_away`.execute(desk.db)
    await click('kim', 'approve', step)
    await privately('Something went wrong on our side. Try again')
    await sql`alter table audit_log_away rename to audit_log`.execute(desk.db)
    expect(await statusOf(step)).toMatchObject({ status: 'requires_approval' })
    await click('kim', 'approve', step)
    await settled(step, 'completed')
  })

  test('is acknowledged in time while the database is slow, and done once it answers', async () => {
    const [approved, rejected] = [await waiting(), await waiting()]
    const pool = createPool(desk.databaseUrl, { max: 1, log: quiet, name: 'slow' })
    const slow = await pool.connect()
    await slow.query('begin; lock table slack_deliveries')
    let shown = ''
    const before = Date.now()
    const sent = [
      click('kim', 'approve', approved),
      answer('kim', 'reject', rejected, 'Not in May', { answered: (body) => (shown = body) }),
    ]
    expect(await Promise.all(sent)).toEqual([200, 200])
    expect(Date.now() - before).toBeLessThan(3000)
    expect(shown).toContain('This takes longer than usual')
    expect(await statusOf(approved)).toMatchObject({ status: 'requires_approval' })
    await slow.query('commit')
    slow.release()
    await pool.end()
    await settled(approved, 'completed')
    await settled(rejected, 'rejected')
  })

  test.each(['slack_connections', 'slack_deliveries'])(
    'while %s cannot be read is told so, and what was typed is kept',
    async (table) => {
      const step = await waiting()
      const away = sql.table(`${table}_away`)
      await sql`alter table ${sql.table(table)} rename to ${away}`.execute(desk.db)
      const response_url = `${slack.url}/response/1`
      await click('kim', 'approve', step, { response_url })
      let shown = ''
      await answer('kim', 'reject', step, 'Not in May', { answered: (body) => (shown = body) })
      await command('kim', 'pending', response_url)
      await eventually('both are told', () => Promise.resolve(toldByUrl().length === 2))
      expect(toldByUrl()).toEqual([failed, failed])
      expect(JSON.parse(shown)).toMatchObject({ response_action: 'errors', errors: { answer: failed } })
      await sql`alter table ${away} rename to ${sql.ref(table)}`.execute(desk.db)
      expect(await statusOf(step)).toMatchObject({ status: 'requires_approval' })
    },
  )

  test('on what was decided elsewhere changes nothing', async () => {
    const step = await waiting()
    const decision = { tenant_id, id: step, decision: 'rejected', decided_by: 'Eli', reason: 'Full' } as const
    await decideApproval(desk.db, { ...decision, now: desk.now })
    await click('kim', 'approve', step)
    await privately('rejected before by Eli (Full)')
    expect(await statusOf(step)).toMatchObject({ status: 'rejected' })
  })
})

describe('a click of an approver on Ask…', () => {
  const question = 'Which landing page is it for?'

  test('asks what the buyer shall say, who reads it; everyone sees that it waits for the buyer, and then the answer', async () => {
    const buyer = await desk.buyer()
    const { step, purchase, task_id } = await waitingPurchase(desk)
    await click('kim', 'ask', step)
    await eventually('the modal', () =>
      Promise.resolve(
        slack.calls.some(({ args }) => JSON.stringify(args['view'] ?? '').includes('Question')),
      ),
    )
    expect(await answer('kim', 'ask', step, question)).toBe(200)
    await settled(step, 'input_required')
    await desk.runJobs()
    expect(await shown()).toContain('Waiting for the buyer')
    expect(await shown()).toContain(`kim asked: ${question} The buyer has not answered yet`)
    expect(await shown()).not.toContain('Ask…')

    const { body: task } = await buyer.call('tasks_get', { task_id })
    expect(task).toMatchObject({ status: 'input-required' })
    expect(JSON.stringify(task)).toContain(question)
    const again = { ...purchase, idempotency_key: randomUUID(), context_id: task['context_id'] }
    await buyer.call('create_media_buy', { ...again, ext: { salesdesk: { answer: 'The spring one.' } } })
    await desk.runJobs()
    const [first] = (await slack.messages()).filter((one) => JSON.stringify(one).includes(step))
    expect(JSON.stringify(first)).toContain('Approval needed')
    expect(JSON.stringify(first)).toContain('The buyer answered: The spring one.')
  })

  test('on what was asked about already, or decided, is told so, and asks nothing', async () => {
    const step = await waiting()
    await answer('kim', 'ask', step, question)
    await settled(step, 'input_required')
    await answer('dana', 'ask', step, 'And in which town?')
    await privately(`Nothing was asked: kim has asked “${question}”`)
    await click('dana', 'approve', step)
    await settled(step, 'completed')
    await answer('kim', 'ask', step, 'Or in which street?')
    await privately('it was approved before by dana')
    const asked = desk.db.selectFrom('approval_questions').select('question')
    expect(await asked.where('workflow_step_id', '=', step).execute()).toEqual([{ question }])
    await answer('vera', 'ask', step, 'Why?')
    await privately('takes an approver')
  })
})

describe('what Slack delivers twice', () => {
  const told = () => slack.calls.filter(({ method }) => method === 'chat.postEphemeral')
  /** Slack waited in vain for our word, and sends it again; then once more, to be sure. */
  async function thrice(send: (sent: Sent) => Promise<number>) {
    const named = await slack.ask('views.generateTriggerId', { user_id: slack.user('kim') })
    const trigger_id = String(named['trigger_id'])
    const first = { trigger_id }
    const again = [1, 2].map((retry) => ({ trigger_id, retry }))
    expect(await Promise.all([first, ...again].map(send))).toEqual([200, 200, 200])
    expect(await send({ trigger_id, retry: 3 })).toBe(200)
  }
  /** A later click of somebody else has been answered, so all before it are over. */
  async function over(step: string) {
    await click('vera', 'approve', step)
    await privately('takes an approver')
  }

  test('is decided once, is no news to whoever clicked, and leaves one message', async () => {
    const step = await waiting()
    const before = (await slack.messages()).length
    await thrice((sent) => click('kim', 'approve', step, sent))
    await settled(step, 'completed')
    await over(step)
    expect(told()).toHaveLength(1)
    await desk.runJobs()
    expect(await slack.messages()).toHaveLength(before)
    const given = desk.db.selectFrom('audit_log').select('actor').where('subject_id', '=', step)
    expect(await given.where('action', '=', 'approve').execute()).toHaveLength(1)
  })

  test('opens one question, and asks the buyer it once', async () => {
    const step = await waiting()
    await thrice((sent) => click('kim', 'ask', step, sent))
    await eventually('the modal', () =>
      Promise.resolve(slack.calls.some(({ method }) => method === 'views.open')),
    )
    await thrice((sent) => answer('kim', 'ask', step, 'Which page?', sent))
    await settled(step, 'input_required')
    await over(step)
    expect(slack.calls.filter(({ method }) => method === 'views.open')).toHaveLength(1)
    expect(told()).toHaveLength(1)
  })

  test('is a command answered once, and a home shown once', async () => {
    await thrice((sent) => command('kim', 'pending', `${slack.url}/response/1`, sent))
    const event_id = `Ev${randomUUID()}`
    const opened = { type: 'app_home_opened', user: slack.user('kim'), tab: 'home' }
    for (const retry of [undefined, 1, 2])
      expect(await event(opened, { event_id }, retry === undefined ? {} : { retry })).toBe(200)
    await over(await waiting())
    for (const method of ['response/1', 'views.publish'])
      expect([method, slack.calls.filter((call) => call.method === method).length]).toEqual([method, 1])
  })

  test('is done after a minute, where whoever took it first died over it', async () => {
    const step = await waiting()
    const trigger_id = randomUUID()
    const delivery = createHash('sha256').update(` ${trigger_id}`).digest()
    await takeDelivery(desk.db, delivery, desk.now)
    expect(await click('kim', 'approve', step, { trigger_id, retry: 1 })).toBe(200)
    await over(step)
    expect(await statusOf(step)).toMatchObject({ status: 'requires_approval' })
    desk.now = new Date(desk.now.getTime() + 60_000)
    expect(await click('kim', 'approve', step, { trigger_id, retry: 2 })).toBe(200)
    await settled(step, 'completed')
  })
})

describe('a click that decides nothing', () => {
  test('is that of a viewer, of a stranger and of another workspace, who are told so in private', async () => {
    const step = await waiting()
    await click('vera', 'approve', step)
    await privately('takes an approver')
    await click('stranger', 'approve', step)
    await privately('not connected to a user of the desk')
    await click('kim', 'approve', step, { team: 'T0OTHER' })
    expect(await statusOf(step)).toMatchObject({ status: 'requires_approval' })
  })

  test('is one that Slack did not sign, or signed long ago', async () => {
    const step = await waiting()
    expect(await click('kim', 'approve', step, { secret: 'guessed' })).toBe(401)
    expect(await click('kim', 'approve', step, { signed_at: Date.now() - 400_000 })).toBe(401)
    expect(await statusOf(step)).toMatchObject({ status: 'requires_approval' })
  })
})
