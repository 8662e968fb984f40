import type { App } from '@slack/bolt'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectSlack } from '../../src/commands/slack/connect.ts'
import { disconnectSlack } from '../../src/commands/slack/set_up.ts'
import { closeTenant } from '../../src/commands/tenants/close_tenant.ts'
import { endMediaBuy } from '../../src/commands/tenants/end_media_buy.ts'
import { reopenTenant } from '../../src/commands/tenants/reopen_tenant.ts'
import { retireTenant } from '../../src/commands/tenants/retire_tenant.ts'
import { createSeal } from '../../src/seal.ts'
import { answerClicks } from '../../src/slack/clicks.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { encryptionKey, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { listeningLog } from '../support/log_lines.ts'
import { everyRow } from '../support/orders.ts'
import { connectedPeople, decisions, waitingPurchase } from '../support/slack/people.ts'
import { signingSecret, slackToken, startSlack } from '../support/slack/server.ts'
import { signedSlack, type Sent } from '../support/slack/signed.ts'

const slack = await startSlack()
const { log, lines, forget } = listeningLog()
const desk = testDesk(
  { SLACK_BOT_TOKEN: slackToken, SLACK_SIGNING_SECRET: signingSecret, SLACK_API_URL: slack.apiUrl },
  { log },
)
const tenant_id = 'northwind'
const by = { kind: 'operator', name: 'Dana' } as const
const leaves = () => closeTenant(desk.db, { tenant_id, while_buys_run: true, by, now: desk.now })
async function retires() {
  const ending = { tenant_id, reason: 'We close.', by: by.name, now: desk.now }
  await endMediaBuy(desk.db, { ...ending, media_buy_id: waiting.media_buy_id })
  await desk.runJobs()
  return retireTenant(desk.db, { tenant_id, by, now: desk.now })
}
const ownApp = { at: `/slack/events/${tenant_id}`, secret: 'Northwind’s app signs with this' }
const { stepOf, settled } = decisions(desk)
const { click, clickAtHome, answer, command, event } = signedSlack(desk, slack)
const response_url = `${slack.url}/response/1`
const words = 'No publisher that sells here is connected to this workspace now. Nothing was changed.'
/** Every button and every question there is. */
const buttons: string[] = []
const questions: string[] = []
answerClicks(
  {
    action: (name: string) => name === 'open' || buttons.push(name),
    view: (name: string) => questions.push(name),
  } as unknown as App,
  undefined as never,
)
const valueOf = (name: string) =>
  name.endsWith('creative')
    ? JSON.stringify([tenant_id, 'pinnacle', 'banner', desk.now.toISOString()])
    : waiting.value
let waiting: Awaited<ReturnType<typeof waitingPurchase>>

beforeAll(async () => {
  await connectedPeople(desk, slack)
  waiting = await waitingPurchase(desk)
  await click('kim', 'details', waiting.value)
  await eventually('kim is known', () => slack.calls.some(({ method }) => method === 'views.open'))
})
beforeEach(() => {
  slack.calls.length = 0
  forget()
})

const deliveries = () => desk.db.selectFrom('slack_deliveries').select('done_at').execute()
/** What a person did is answered at once, done with, and left no trace but that Slack said it. */
async function changesNothing(what: string, send: () => Promise<number>) {
  slack.calls.length = 0
  const [before, heard] = [await everyRow(desk.db, ['slack_deliveries']), (await deliveries()).length]
  expect([what, await send()]).toEqual([what, 200])
  await eventually(`${what} is done with`, async () => {
    const all = await deliveries()
    return all.length > heard && all.every(({ done_at }) => done_at !== null)
  })
  expect([what, await everyRow(desk.db, ['slack_deliveries'])]).toEqual([what, before])
}
const said = () => slack.calls.map(({ method, args }) => [method, JSON.stringify(args).includes(words)])

/** Every button, question and command is refused with words that need no token of the workspace. */
async function isRefused(sent: Sent) {
  for (const name of buttons) {
    await changesNothing(name, () => click('kim', name, valueOf(name), { ...sent, response_url }))
    expect([name, said()]).toEqual([name, [['response/1', true]]])
    expect(slack.calls[0]?.args).toMatchObject({ response_type: 'ephemeral', replace_original: false })
  }
  for (const name of questions) {
    let shown = ''
    const answered = (body: string) => (shown = body)
    const because = () => answer('kim', name, valueOf(name), 'Because.', { ...sent, answered })
    await changesNothing(name, because)
    expect([name, JSON.parse(shown)]).toMatchObject([name, { response_action: 'update' }])
    expect(shown).toContain(words)
  }
  for (const text of ['pending', 'help']) {
    let shown = ''
    const answered = (body: string) => (shown = body)
    await changesNothing(text, () => command('kim', text, response_url, { ...sent, answered }))
    expect(JSON.parse(shown)).toMatchObject({ response_type: 'ephemeral', text: words })
  }
  expect(lines().filter(({ level }) => Number(level) > 30)).toEqual([])
}
const opensHome = (sent: Sent) =>
  event({ type: 'app_home_opened', user: slack.user('kim'), tab: 'home' }, {}, sent)

describe('a publisher that is closed, and not parted with Slack yet', () => {
  beforeAll(leaves)

  test('has no button, question or command that does anything, and whoever tries is told so', async () => {
    await isRefused({})
    expect(await stepOf(waiting.step)).toMatchObject({ status: 'requires_approval' })
  })

  test('shows nothing of what waits in the app’s home, and a button left there does nothing', async () => {
    await changesNothing('home', () => opensHome({}))
    expect(said()).toEqual([['views.publish', true]])
    await changesNothing('approve', () => clickAtHome('kim', 'approve', waiting.value))
    expect(said()).toEqual([['views.open', true]])
  })

  test('has none either in an app of its own', async () => {
    const team = { team_id: slack.team, team_name: 'Northwind' }
    const seal = createSeal(encryptionKey)
    const how = { way: 'own_token', team, token: slackToken, signing_secret: ownApp.secret, seal } as const
    await connectSlack(desk.db, { tenant_id, how, by: 'test', now: desk.now })
    await isRefused(ownApp)
    await changesNothing('home', () => opensHome(ownApp))
    expect(said()).toEqual([['views.publish', true]])
  })
})

describe('a publisher that left a workspace it shared with another', () => {
  beforeAll(async () => {
    await seedAnotherPublisher(desk.db)
    const how = { way: 'environment', team: { team_id: slack.team, team_name: 'Northwind' } } as const
    for (const shares of [tenant_id, 'southwind'])
      await connectSlack(desk.db, { tenant_id: shares, how, by: 'test', now: desk.now })
  })

  test('decides nothing, and whoever clicks or answers for it is told that it left', async () => {
    const gone = () =>
      expect(slack.calls).toMatchObject([
        {
          method: 'chat.postEphemeral',
          args: { text: expect.stringContaining('sells here no more') as string },
        },
      ])
    await changesNothing('approve', () => click('kim', 'approve', waiting.value))
    gone()
    await changesNothing('reject', () => answer('kim', 'reject', waiting.value, 'Because.'))
    gone()
  })
})

describe('a retired publisher', () => {
  beforeAll(() => disconnectSlack(desk.db, { tenant_id: 'southwind', by: 'test' }))

  beforeAll(async () => {
    expect(await retires()).toBe('retired')
  })

  test('has no button, question or command that does anything, and whoever tries is told so', async () => {
    await isRefused({})
  })

  test('is not heard of in the app’s home, for which nobody has the token any more', async () => {
    await changesNothing('home', () => opensHome({}))
    await changesNothing('approve', () => clickAtHome('kim', 'approve', waiting.value))
    expect(said()).toEqual([])
  })

  test('has no secret by which a click in its own app could be known', async () => {
    expect(await click('kim', 'approve', waiting.value, ownApp)).toBe(401)
    expect(await opensHome(ownApp)).toBe(401)
  })

  test('decides in Slack again once it is open and connected again', async () => {
    await reopenTenant(desk.db, { tenant_id, by })
    const how = { way: 'environment', team: { team_id: slack.team, team_name: 'Northwind' } } as const
    await connectSlack(desk.db, { tenant_id, how, by: 'test', now: desk.now })
    await desk.runJobs()
    const { step, value } = await waitingPurchase(desk)
    await click('kim', 'approve', value)
    await settled(step, 'completed')
  })
})
