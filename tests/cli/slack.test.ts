import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { setApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import { readSlackStanding } from '../../src/queries/slack_standing.ts'
import { aPurchase, encryptionKey, testDesk } from '../support/desk.ts'
import { killAll, run } from '../support/processes.ts'
import { slackToken, startSlack } from '../support/slack/server.ts'

const slack = await startSlack()
const desk = testDesk()
const tenant_id = 'northwind'
const folder = mkdtempSync(join(tmpdir(), 'salesdesk-slack-'))
const here = (args: string[], more: Record<string, string> = {}) =>
  run(args, {
    ...{ DATABASE_URL: desk.databaseUrl, SALESDESK_ENCRYPTION_KEY: encryptionKey },
    ...{ SLACK_BOT_TOKEN: slackToken, SLACK_API_URL: slack.apiUrl, ...more },
  })
const refused = (error: string, more: object = {}) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ ok: false, error, ...more }),
})
beforeAll(async () => {
  const user = { user_id: 'usr_kim', email: 'kim@northwind.example', name: 'Kim' }
  await desk.db.insertInto('users').values(user).execute()
  await desk.db.insertInto('memberships').values({ tenant_id, user_id: 'usr_kim', role: 'admin' }).execute()
})
afterEach(killAll)
afterAll(() => rmSync(folder, { recursive: true }))

// each call is a process of its own
vi.setConfig({ testTimeout: 120_000 })

describe('a publisher’s person at the command line', () => {
  test('connects Slack, and is told in words what is wrong with it', async () => {
    expect((await here(['slack', 'test'])).stderr).toContain('Slack is not connected')
    slack.trouble.push(refused('invalid_auth'))
    expect((await here(['slack', 'connect'])).stderr).toContain('Slack says invalid_auth')
    expect(await readSlackStanding(desk.db, tenant_id)).toBeUndefined()
    const places = ['--channel', slack.channel, '--escalation', 'C0NOWHERE']
    const connected = ['Connected to Northwind.', 'Nothing is told before a channel is chosen']
    expect((await here(['slack', 'connect'])).stdout).toMatch(new RegExp(connected.join('\\s+')))
    expect((await here(['slack', 'connect', ...places])).stdout).toBe('Connected to Northwind.\nKept.')
    const tested = await here(['slack', 'test'])
    expect(tested).toMatchObject({ code: 1, stdout: `A test message is in ${slack.channel}.` })
    expect(tested.stderr).toContain('C0NOWHERE: the app sees no such channel')
    expect((await slack.messages()).at(-1)?.text).toBe('A test of Salesdesk')

    await here(['slack', 'set', '--escalation', slack.escalation])
    slack.trouble.push(refused('missing_scope', { needed: 'chat:write' }))
    const scope = await here(['slack', 'test'])
    expect(scope.stderr).toContain(`${slack.channel}: the app lacks the scope chat:write`)
    expect(scope.stdout).toBe(`A test message is in ${slack.escalation}.`)
    expect((await here(['slack', 'set', '--time-zone', 'Mars'])).stderr).toContain('Mars is no time zone')
  })

  test('says who somebody is in Slack, keeps a webhook instead, and takes Slack away', async () => {
    const mapped = await here(['slack', 'user', 'Kim@northwind.example', 'U0KIM'])
    expect(mapped.stdout).toContain('is U0KIM in Slack')
    expect((await here(['slack', 'user', 'x@northwind.example', 'U0X'])).stderr).toContain(
      'Nobody of this publisher',
    )
    const [token, secret] = [join(folder, 'token'), join(folder, 'signing-secret')]
    writeFileSync(token, `${slackToken}\n`)
    writeFileSync(secret, 'what the app signs with\n')
    const own = ['slack', 'connect', '--signing-secret', secret]
    expect((await here(own)).stderr).toContain('give its --token too')
    const address = 'https://desk.example/slack/events/northwind'
    const connected = await here([...own, '--token', token], { PUBLIC_URL: 'https://desk.example' })
    expect(connected.stdout).toContain(`Its app sends clicks, commands and events to ${address}`)
    expect(await readSlackStanding(desk.db, tenant_id)).toMatchObject({ own_app: true })
    const file = join(folder, 'webhook')
    writeFileSync(file, 'https://hooks.slack.example/services/T/B/secret\n')
    expect((await here(['slack', 'connect', '--webhook', file])).stdout).toContain('incoming webhook')
    const shown = await here(['slack', 'show'])
    expect(shown.stdout).toContain('an incoming webhook (incoming_webhook)')
    expect(shown.stdout).not.toContain('secret')
    expect((await here(['slack', 'disconnect'])).stdout).toBe('Slack is disconnected.')
  })

  test('is told that Slack is not connected, and what to run, without a complaint', async () => {
    expect(await here(['slack', 'show'])).toEqual({
      code: 0,
      stdout: 'Slack is not connected.\nTo connect it, see docs/slack.md and run: salesdesk slack connect',
      stderr: '',
    })
  })

  test('gives a link that installs the app, where the desk knows the app', async () => {
    expect((await here(['slack', 'install'])).stderr).toContain('Set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET')
    const app = { SLACK_CLIENT_ID: 'a', SLACK_CLIENT_SECRET: 'b', PUBLIC_URL: 'https://desk.example/' }
    const { stdout } = await here(['slack', 'install'], app)
    expect(stdout).toMatch(/^https:\/\/desk\.example\/slack\/install\?link=\S{43}\nOpens once/)
  })

  test('is told that another person must agree, and that one has agreed before', async () => {
    const limits = [{ currency: 'EUR', four_eyes_above: 100 }]
    await setApprovalPolicy(desk.db, {
      tenant_id,
      policy: { limits },
      actor: { kind: 'operator', name: 'x' },
    })
    const { body } = await (await desk.buyer()).call('create_media_buy', aPurchase({}, desk.now))
    const id = String(body['task_id'])
    const approve = (by: string) => here(['approve', id, '--by', by])
    expect((await approve('Kim')).stdout).toMatch(/^Kim agrees to mb_\S+ It is approved when somebody else/)
    expect((await approve('kim@northwind.example')).stdout).toContain('had agreed to mb_')
    expect((await approve('Dana')).stdout).toMatch(/^mb_\S+ is approved\. A worker places it now\.$/)
    expect((await approve('Eli')).stderr).toContain('was decided before: completed by Kim and Dana')
  })
})
