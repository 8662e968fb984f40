import { sql } from 'kysely'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPool } from '../../src/db/database.ts'
import { quiet } from '../support/database.ts'
import { testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { killAll, salesdesk } from '../support/processes.ts'
import { connectedPeople, decisions, waitingPurchase } from '../support/slack/people.ts'
import { slackToken, startSlack } from '../support/slack/server.ts'
import { payloads, signedSlack } from '../support/slack/signed.ts'
import { appToken } from '../support/slack/socket_mode.ts'

const slack = await startSlack()
const variables = { SLACK_BOT_TOKEN: slackToken, SLACK_APP_TOKEN: appToken, SLACK_API_URL: slack.apiUrl }
const desk = testDesk(variables)
const { socket } = slack
const { click, answer, event, command } = payloads(slack)
beforeAll(() => connectedPeople(desk, slack))
beforeEach(async () => {
  await socket.connected()
  slack.calls.length = 0
})
afterEach(killAll)

const { stepOf, settled } = decisions(desk)
const statusOf = async (step: string) => (await stepOf(step)).status
const approvals = (step: string) =>
  desk.db
    .selectFrom('audit_log')
    .select('user_id')
    .where('subject_id', '=', step)
    .where('action', '=', 'approve')
    .execute()
const asked = (method: string, words = '') =>
  eventually(`${method} ${words}`, () =>
    Promise.resolve(
      slack.calls.some((call) => call.method === method && JSON.stringify(call.args).includes(words)),
    ),
  )

describe('a desk without a public address', () => {
  test('hears a click over the connection it opened itself, acknowledges it and does it', async () => {
    const { value, step } = await waitingPurchase(desk)
    await socket.deliver('interactive', await click('kim', 'approve', value))
    await settled(step, 'completed')
    expect(await approvals(step)).toEqual([{ user_id: 'usr_kim' }])
  })

  test('hears answers, commands and the app’s home the same way', async () => {
    const { value, step } = await waitingPurchase(desk)
    await socket.deliver('interactive', await click('kim', 'reject', value))
    await asked('views.open', 'Why?')
    await socket.deliver('interactive', answer('kim', 'reject', value, 'Not in May'))
    await settled(step, 'rejected')
    await socket.deliver('slash_commands', command('kim', 'pending', `${slack.url}/response/1`))
    await asked('response/1', 'what waits')
    await socket.deliver(
      'events_api',
      event({ type: 'app_home_opened', user: slack.user('kim'), tab: 'home' }),
    )
    await asked('views.publish', 'what waits')
  })

  test('decides once, however often Slack sends an envelope, and tells who comes second', async () => {
    const { value, step } = await waitingPurchase(desk)
    const payload = await click('kim', 'approve', value)
    await socket.deliver('interactive', payload, { envelope_id: 'the same' })
    await Promise.all([
      socket.deliver('interactive', payload, { envelope_id: 'the same' }),
      socket.deliver('interactive', await click('dana', 'approve', value)),
    ])
    await asked('chat.postEphemeral', 'it was approved before by')
    expect(await approvals(step)).toHaveLength(1)
  })

  test('takes nothing over HTTP, where nothing could be known to be Slack’s', async () => {
    const { value, step } = await waitingPurchase(desk)
    expect(await signedSlack(desk, slack).click('kim', 'approve', value)).toBe(404)
    expect(await statusOf(step)).toBe('requires_approval')
  })
})

describe('a connection', () => {
  test.each([
    [
      'that Slack takes back',
      () => {
        socket.refresh()
      },
    ],
    [
      'that breaks',
      () => {
        socket.cut()
      },
    ],
    [
      'that breaks while Slack is away',
      () => {
        slack.trouble.push('cut', { status: 503 }, { status: 500 })
        socket.cut()
      },
    ],
  ])('%s is opened again, and the next click comes over it', async (_what, lose) => {
    const [before] = socket.links
    lose()
    await eventually('another connection', () =>
      Promise.resolve(socket.links.length === 1 && socket.links[0] !== before),
    )
    const { value, step } = await waitingPurchase(desk)
    await socket.deliver('interactive', await click('kim', 'approve', value))
    await settled(step, 'completed')
  })
})

test('of two servers either may hear a click; one that stops finishes what was clicked, and is heard from no more', async () => {
  const other = salesdesk(['serve'], { ...variables, PORT: '0', DATABASE_URL: desk.databaseUrl })
  await socket.connected(2)
  const [ours, theirs] = socket.links
  const { value, step } = await waitingPurchase(desk)
  const pool = createPool(desk.databaseUrl, { max: 1, log: quiet, name: 'holding' })
  const holding = await pool.connect()
  await holding.query('begin')
  await holding.query('select from workflow_steps where workflow_step_id = $1 for update', [step])
  await socket.deliver('interactive', await click('kim', 'approve', value), { link: theirs })
  await eventually('the decision waits', async () => {
    const { rows } = await sql`select from pg_stat_activity where wait_event_type = 'Lock'
      and datname = current_database()`.execute(desk.db)
    return rows.length > 0
  })
  other.kill('SIGTERM')
  await eventually('one connection left', () =>
    Promise.resolve(socket.links.length === 1 && socket.links[0] === ours),
  )
  expect(await statusOf(step)).toBe('requires_approval')
  await holding.query('commit')
  holding.release()
  await pool.end()
  expect(await other.exited).toBe(0)
  expect(await statusOf(step)).toBe('completed')
  expect(await approvals(step)).toHaveLength(1)
})
