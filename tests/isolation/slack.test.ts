import type { App } from '@slack/bolt'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectSlack } from '../../src/commands/slack/connect.ts'
import { setUpSlack } from '../../src/commands/slack/set_up.ts'
import { tellPeople } from '../../src/commands/tell_people.ts'
import type { NoticeKind } from '../../src/db/schema.ts'
import { createSeal } from '../../src/seal.ts'
import { answerClicks } from '../../src/slack/clicks.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { encryptionKey, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { connect, mark, markOf, subjectsOf, type Place, type Subject } from '../support/isolation/told.ts'
import { everyRow } from '../support/orders.ts'
import { otherSlackToken, signingSecret, slackToken, startSlack } from '../support/slack/server.ts'
import { signedSlack, type Sent } from '../support/slack/signed.ts'

const slack = await startSlack()
const desk = testDesk({ SLACK_SIGNING_SECRET: signingSecret, SLACK_API_URL: slack.apiUrl })
const north: Place = {
  ...{ tenant_id: 'northwind', token: slackToken, team_id: slack.team },
  ...{ channel_id: slack.channel, escalation_channel_id: slack.escalation },
  ...{ principal_id: 'pinnacle', account_id: 'acc_acme_pinnacle', product_id: 'trail_display_run_of_site' },
}
const south: Place = {
  ...{ tenant_id: 'southwind', token: otherSlackToken, team_id: 'T0SOUTH' },
  ...{ channel_id: slack.others.channel, escalation_channel_id: slack.others.escalation },
  ...{ principal_id: 'south_agency', account_id: 'acc_southwind_acme' },
  product_id: 'southwind_secret_product',
}
const publishers = [
  { own: north, other: south },
  { own: south, other: north },
]
let subjects: Map<Place, Record<NoticeKind, Subject>>
/** What only this publisher’s people may be told: its mark, its name, and every id of its own. */
let secrets: Map<Place, string[]>

beforeAll(async () => {
  await seedAnotherPublisher(desk.db)
  for (const place of [north, south]) {
    await mark(desk, place)
    await connect(desk, place)
  }
  subjects = new Map([
    [north, await subjectsOf(desk, north)],
    [south, await subjectsOf(desk, south)],
  ])
  const lines = (await everyRow(desk.db)).split('\n')
  const idsOf = (place: Place, other: Place) => {
    const own = lines.filter((line) => line.includes(place.tenant_id) && !line.includes(other.tenant_id))
    return [...new Set(own.join('\n').match(/\b[a-z]{2,4}_[\w-]{22}\b/g)), markOf(place.tenant_id)]
  }
  secrets = new Map(publishers.map(({ own, other }) => [own, [...idsOf(own, other), `${own.tenant_id} `]]))
  for (const [name, tenant_id] of [
    ['kim', 'northwind'],
    ['sam', 'southwind'],
  ] as const) {
    const user_id = `usr_${name}`
    await desk.db
      .insertInto('users')
      .values({ user_id, email: `${name}@northwind.example`, name })
      .execute()
    await desk.db
      .insertInto('memberships')
      .values({ tenant_id, user_id, role: 'admin', slack_user_id: slack.user(name) })
      .execute()
  }
}, 60_000)

/** What was said in a publisher’s workspace, and what of another’s was in it. */
const saidTo = ({ token }: Place) => slack.calls.filter((call) => call.token === token)
const leaked = (said: unknown, owner: Place) =>
  (secrets.get(owner) ?? []).filter((secret) => JSON.stringify(said).includes(secret))
function expectApart() {
  for (const { own, other } of publishers) {
    const said = saidTo(own)
    expect(said.map((call) => [call.method, leaked(call, other)])).toEqual(
      said.map(({ method }) => [method, []]),
    )
    const channels = new Set(said.flatMap(({ args }) => args['channel'] ?? []))
    for (const place of [other.channel_id, other.escalation_channel_id])
      expect([own.tenant_id, [...channels]]).not.toContain(place)
  }
}

let serial = 0
const tell = (tenant_id: string, kind: NoticeKind, subject: Subject) =>
  desk.db.transaction().execute((trx) => {
    const occasion = `again ${++serial}`
    return tellPeople(trx, { tenant_id, kind, ...subject, occasion, now: desk.now })
  })
const kinds = () => Object.keys(subjects.get(north) ?? {}) as NoticeKind[]

describe('a notice', () => {
  it('of whatever happened by itself was told to the publisher it happened to', () => {
    for (const place of [north, south]) {
      expect(saidTo(place).length).toBeGreaterThan(3)
      expect(leaked(saidTo(place), place)).toContain(markOf(place.tenant_id))
    }
    expectApart()
  })

  it('of every kind there is goes to its own publisher’s channel, and says nothing of another', async () => {
    for (const kind of kinds()) {
      slack.calls.length = 0
      for (const { own } of publishers) {
        const subject = subjects.get(own)?.[kind] ?? { subject_id: '' }
        await tell(own.tenant_id, kind, subject)
        await desk.runJobs()
        expect([kind, own.tenant_id, leaked(saidTo(own), own).length > 0]).toEqual([
          kind,
          own.tenant_id,
          true,
        ])
      }
      expectApart()
    }
  })

  it('that names something of another publisher says nothing of it', async () => {
    for (const kind of kinds()) {
      // neither is about a row: the one says what it was given, the other what the publisher sold
      if (kind === 'sync_failed' || kind === 'daily_summary') continue
      slack.calls.length = 0
      for (const { own, other } of publishers) {
        const { subject_id = '', detail = {} } = subjects.get(other)?.[kind] ?? {}
        await tell(own.tenant_id, kind, { subject_id, detail })
      }
      await desk.runJobs()
      expect([kind, slack.calls]).toEqual([kind, []])
    }
  })
})

describe('what another publisher’s people click', () => {
  const { click, answer, event, command } = signedSlack(desk, slack)
  /** A button or a question of Northwind’s: its name, and what it says it is about. */
  let pressed: Map<string, string>
  let asked: Map<string, string>
  const strangers: { who: string; name: string; sent: Sent }[] = [
    { who: 'one of theirs in their workspace', name: 'sam', sent: { team: south.team_id } },
    { who: 'one of theirs who is a guest in this one', name: 'sam', sent: {} },
    { who: 'an account of theirs with an id one of ours has', name: 'kim', sent: { team: south.team_id } },
  ]
  beforeAll(async () => {
    pressed = new Map(slackButtons(await slack.messages(north.channel_id)))
    slack.calls.length = 0
    for (const [action_id, value] of pressed)
      if (opensAQuestion(action_id)) await click('kim', action_id, value)
    const views = () => slack.calls.flatMap(({ args }) => (args['view'] ? [parsed(args['view'])] : []))
    await eventually(
      'the questions',
      () => views().length === [...pressed.keys()].filter(opensAQuestion).length,
    )
    asked = new Map(
      views().map(({ callback_id, private_metadata }) => [
        callback_id,
        (JSON.parse(private_metadata) as string[])[0] ?? '',
      ]),
    )
  })
  beforeEach(() => {
    slack.calls.length = 0
  })

  it('is every button and every question there is', () => {
    const [actions, views] = [new Set<string>(), new Set<string>()]
    const register = { action: (name: string) => actions.add(name), view: (name: string) => views.add(name) }
    answerClicks(register as unknown as App, undefined as never)
    actions.delete('open') // a link, of which Slack tells us and we do nothing
    expect([...pressed.keys()].sort()).toEqual([...actions].sort())
    expect([...asked.keys()].sort()).toEqual([...views].sort())
  })

  it.each(strangers)('decides nothing, and tells nothing: $who', async ({ name, sent }) => {
    // that Slack said something is all that is remembered
    const rows = () => everyRow(desk.db, ['slack_deliveries'])
    const before = await rows()
    for (const [action_id, value] of pressed)
      await refused(() => click(name, action_id, value, sent), action_id)
    for (const [callback_id, value] of asked)
      await refused(() => answer(name, callback_id, value, 'Because.', sent), callback_id)
    expect(await rows()).toBe(before)
  })

  it('shows their own home and list, where both share a workspace', async () => {
    const team = { team_id: north.team_id, team_name: 'both' }
    const how = { way: 'own_token', team, token: slackToken, seal: createSeal(encryptionKey) } as const
    await connectSlack(desk.db, { tenant_id: 'southwind', how, by: 'test', now: desk.now })
    const { channel_id } = south
    await setUpSlack(desk.db, { tenant_id: 'southwind', by: 'test', set: { channel_id } })
    const slack_user_id = slack.user('sam')
    await desk.db.updateTable('memberships').set({ slack_user_id }).where('user_id', '=', 'usr_sam').execute()
    await desk.runJobs()
    slack.calls.length = 0
    await event({ type: 'app_home_opened', user: slack_user_id, tab: 'home' })
    await command('sam', 'pending', `${slack.url}/response/1`)
    for (const method of ['views.publish', 'response/1']) {
      const said = await eventually(method, () => slack.calls.filter((call) => call.method === method)[0])
      expect([method, leaked(said, north)]).toEqual([method, []])
      expect(leaked(said, south)).toContain(markOf('southwind'))
    }
    for (const [action_id, value] of pressed) await refused(() => click('sam', action_id, value), action_id)
  })

  async function refused(send: () => Promise<number>, what: string) {
    slack.calls.length = 0
    expect([what, await send()]).toEqual([what, 200])
    await eventually(`${what} is refused`, () =>
      slack.calls.some((call) =>
        /not connected to (a user of the desk|this workspace)/.test(JSON.stringify(call)),
      ),
    )
    expect([what, leaked(slack.calls, north)]).toEqual([what, []])
  }
})

interface Button {
  action_id?: string
  value?: string
}
const slackButtons = (messages: { blocks: { elements?: Button[] }[] }[]) =>
  messages.flatMap(({ blocks }) =>
    blocks.flatMap(({ elements = [] }) =>
      elements.flatMap(({ action_id, value }): [string, string][] =>
        action_id !== undefined && value !== undefined ? [[action_id, value]] : [],
      ),
    ),
  )
const opensAQuestion = (action_id: string) => /^(reject|skip|abandon|ask$)/.test(action_id)
const parsed = (view: string) => JSON.parse(view) as { callback_id: string; private_metadata: string }
