import { faultWords } from '../blocks/fault_words.ts'
import { beginInstallation } from '../commands/slack/installation.ts'
import type { Config } from '../config.ts'
import type { Db } from '../db/database.ts'
import { slackOf } from '../from_config.ts'
import { readSlackStanding } from '../queries/slack_standing.ts'
import { tryOut } from '../tasks/slack/try_out.ts'
import { operator, say } from './environment.ts'
import { ownSeal } from './own_seal.ts'

/** Slack is not connected as wished; the message says why and what to do. */
export class SlackCommandError extends Error {
  override name = 'SlackCommandError'
}
/** Where an app of a publisher's own sends what people do in Slack. */
export const eventsOf = (config: Config, tenant_id: string) => `${deskUrl(config)}/slack/events/${tenant_id}`
const deskUrl = ({ PUBLIC_URL, HOST, PORT }: Config) =>
  PUBLIC_URL?.replace(/\/$/, '') ?? `http://${HOST}:${PORT}`

export const notConnected = () => new SlackCommandError('Slack is not connected: salesdesk slack connect.')

/** Says how a publisher is connected, and what is wrong, if anything is. */
export async function show(db: Db, config: Config, tenant_id: string): Promise<void> {
  const row = await readSlackStanding(db, tenant_id)
  if (!row)
    return say('Slack is not connected.', 'To connect it, see docs/slack.md and run: salesdesk slack connect')
  say(`${row.team_name ?? 'an incoming webhook'} (${row.way}), connected by ${row.connected_by}`)
  if (row.own_app) say(`an app of its own, which sends clicks to ${eventsOf(config, tenant_id)}`)
  say(`channel ${row.channel_id ?? 'none'}, escalation ${row.escalation_channel_id ?? 'to the same'}`)
  say(`daily summary ${row.summary_hour === null ? 'none' : `at ${row.summary_hour}:00 ${row.time_zone}`}`)
  if (row.uninstalled_at !== null)
    say('The app was taken out of the workspace: install it again, or connect with another token.')
  else if (row.last_error !== null)
    say(
      `Not told since the last ${row.failures} tries: ${faultWords(row.last_error)}. ${row.untold} messages are kept until it works.`,
    )
}

/** Posts a test message wherever the publisher's people are told, and says in words what is wrong. @throws SlackCommandError */
export async function test(db: Db, config: Config, tenant_id: string): Promise<void> {
  const tried = await tryOut(db, { tenant_id, by: operator() }, slackOf(config))
  if (!tried) throw notConnected()
  for (const { channel_id, fault } of tried)
    if (fault === undefined) say(`A test message is in ${channel_id}.`)
  const wrong = tried.flatMap(({ channel_id, fault }) =>
    fault === undefined ? [] : [`${channel_id}: ${faultWords(fault)}.`],
  )
  if (wrong.length > 0) throw new SlackCommandError(wrong.join('\n'))
}

/** Prints the link by which the app is installed to a workspace for the publisher. @throws SlackCommandError */
export async function install(db: Db, config: Config, tenant_id: string): Promise<void> {
  const { SLACK_CLIENT_ID, SLACK_CLIENT_SECRET } = config
  if (SLACK_CLIENT_ID === undefined || SLACK_CLIENT_SECRET === undefined)
    throw new SlackCommandError('Set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, here and for the servers.')
  ownSeal(config)
  const path = await beginInstallation(db, { tenant_id, begun_by: operator() }, new Date())
  say(`${deskUrl(config)}${path}`)
  say('Opens once, within 15 minutes. Whoever opens it chooses the workspace.')
}
