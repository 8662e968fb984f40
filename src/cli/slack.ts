import type { Command } from 'commander'
import { connectSlack } from '../commands/slack/connect.ts'
import { mapSlackUser } from '../commands/slack/map_user.ts'
import { disconnectSlack, setUpSlack, type SetUp } from '../commands/slack/set_up.ts'
import type { Db } from '../db/database.ts'
import { readSlackStanding } from '../queries/slack_standing.ts'
import { introduce } from '../tasks/slack/introduce.ts'
import { operator, say, withDb, type Environment } from './environment.ts'
import { ownSeal } from './own_seal.ts'
import { readSecret } from './read_secret.ts'
import { eventsOf, install, notConnected, show, SlackCommandError, test } from './slack_check.ts'
import { chooseTenant } from './tenant.ts'

interface Options {
  tenant?: string
  token?: string
  signingSecret?: string
  webhook?: string
  escalationWebhook?: string
  channel?: string
  escalation?: string
  timeZone?: string
  summaryHour?: string
}

export function registerSlack(program: Command): void {
  const slack = program.command('slack').description('Tell a publisher’s people in Slack (docs/slack.md).')
  const command = (name: string, description: string) =>
    slack
      .command(name)
      .description(description)
      .option('--tenant <id>', 'whose Slack; needed where there are several publishers')
  const places = (one: Command) =>
    one
      .option('--channel <id>', 'where messages go, such as C0123456789')
      .option('--escalation <id>', 'where what is escalated goes')
      .option('--time-zone <name>', 'of the daily summary, such as Europe/Berlin')
      .option('--summary-hour <hour>', '0 to 23, or none')

  places(
    command(
      'connect',
      'Connect a workspace: with SLACK_BOT_TOKEN, a token of its own or an incoming webhook.',
    ),
  )
    .option('--token <file>', 'a bot token kept sealed for this publisher; - reads stdin')
    .option(
      '--signing-secret <file>',
      'that of the app the token is of, which then sends clicks to its own address',
    )
    .option('--webhook <file>', 'the URL of an incoming webhook, where no app is allowed; - reads stdin')
    .option('--escalation-webhook <file>', 'that of another channel, where what is escalated goes')
    .action((options: Options) => withDb((db, environment) => connect(db, environment, options)))
  places(command('set', 'Change channels, time zone and hour.')).action((options: Options) =>
    withDb(async (db) => change(db, await chooseTenant(db, options.tenant), options)),
  )
  command('show', 'Say how it is connected and what is wrong, if anything is.').action((options: Options) =>
    withDb(async (db, { config }) => show(db, config, await chooseTenant(db, options.tenant))),
  )
  command('test', 'Post a test message, and say what is wrong.').action((options: Options) =>
    withDb(async (db, { config }) => test(db, config, await chooseTenant(db, options.tenant))),
  )
  command('install', 'Print a link that installs the app to a workspace.').action((options: Options) =>
    withDb(async (db, { config }) => install(db, config, await chooseTenant(db, options.tenant))),
  )
  command('user', 'Say which Slack account one of the publisher’s people has.')
    .argument('<email>', 'as in the console')
    .argument('<slack_user_id>', 'such as U0123456789')
    .action((email: string, id: string, options: Options) => withDb((db) => map(db, email, id, options)))
  command('disconnect', 'Tell nothing in Slack any more.').action((options: Options) =>
    withDb(async (db) => {
      const tenant_id = await chooseTenant(db, options.tenant)
      if (!(await disconnectSlack(db, { tenant_id, by: operator() }))) throw notConnected()
      say('Slack is disconnected.')
    }),
  )
}

async function connect(db: Db, { config }: Environment, options: Options) {
  const tenant_id = await chooseTenant(db, options.tenant)
  const to = { tenant_id, by: operator(), now: new Date() }
  const read = (file: string) => readSecret(file === '-' ? undefined : file)
  if (options.webhook !== undefined) {
    const url = await read(options.webhook)
    const second = options.escalationWebhook
    const escalation_url = second === undefined ? undefined : await read(second)
    if (!url.startsWith('https://') || escalation_url?.startsWith('https://') === false)
      throw new SlackCommandError('An incoming webhook begins with https://. Nothing was kept.')
    const escalation = escalation_url === undefined ? {} : { escalation_url }
    await connectSlack(db, {
      ...to,
      how: { way: 'incoming_webhook', url, ...escalation, seal: ownSeal(config) },
    })
    const { channel: _channel, escalation: _escalation, ...others } = options
    await change(db, tenant_id, others)
    return say('Messages go to the incoming webhook, with links to the console.')
  }
  if (options.signingSecret !== undefined && options.token === undefined)
    throw new SlackCommandError(
      '--signing-secret is that of an own app: give its --token too. Nothing was kept.',
    )
  const own = options.token === undefined ? undefined : await read(options.token)
  const token = own ?? config.SLACK_BOT_TOKEN
  if (token === undefined) throw new SlackCommandError('Set SLACK_BOT_TOKEN, or give --token or --webhook.')
  const team = await introduce(token, config.SLACK_API_URL)
  if ('refused' in team) throw new SlackCommandError(`Slack says ${team.refused}. Nothing was kept.`)
  const signing_secret = options.signingSecret === undefined ? undefined : await read(options.signingSecret)
  const ownApp = signing_secret === undefined ? {} : { signing_secret }
  const how =
    own === undefined
      ? ({ way: 'environment', team } as const)
      : ({ way: 'own_token', team, token: own, ...ownApp, seal: ownSeal(config) } as const)
  await connectSlack(db, { ...to, how })
  say(`Connected to ${team.team_name}.`)
  await change(db, tenant_id, options)
  const told = await readSlackStanding(db, tenant_id)
  if (told?.channel_id === null)
    say('Nothing is told before a channel is chosen: salesdesk slack set --channel C0123456789')
  if (signing_secret !== undefined)
    say(`Its app sends clicks, commands and events to ${eventsOf(config, tenant_id)}`)
}

async function change(db: Db, tenant_id: string, options: Options) {
  const { channel, escalation, timeZone, summaryHour } = options
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw new SlackCommandError(`${timeZone} is no time zone; give one such as Europe/Berlin.`)
  const hour = summaryHour === 'none' ? null : Number(summaryHour)
  if (summaryHour !== undefined && hour !== null && !(Number.isInteger(hour) && hour >= 0 && hour <= 23))
    throw new SlackCommandError('The hour of the summary is 0 to 23, or none.')
  const set: SetUp = {
    ...(channel !== undefined && { channel_id: channel }),
    ...(escalation !== undefined && { escalation_channel_id: escalation }),
    ...(timeZone !== undefined && { time_zone: timeZone }),
    ...(summaryHour !== undefined && { summary_hour: hour }),
  }
  if (Object.keys(set).length === 0) return
  if (!(await setUpSlack(db, { tenant_id, by: operator(), set }))) throw notConnected()
  say('Kept.')
}

async function map(db: Db, email: string, slack_user_id: string, { tenant }: Options) {
  const tenant_id = await chooseTenant(db, tenant)
  const actor = { kind: 'operator', name: operator() } as const
  const outcome = await mapSlackUser(db, { tenant_id, email, slack_user_id, actor })
  if (outcome !== 'mapped') throw new SlackCommandError(`Nobody of this publisher has the address ${email}.`)
  say(`${email} is ${slack_user_id} in Slack.`)
}

function isTimeZone(name: string): boolean {
  return Intl.supportedValuesOf('timeZone').includes(name) || name === 'UTC'
}
