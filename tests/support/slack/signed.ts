import { createHmac, randomUUID } from 'node:crypto'
import type { TestDesk } from '../desk.ts'
import { signingSecret, type Slack } from './server.ts'

export interface Sent {
  secret?: string
  /** When it was signed. */
  signed_at?: number
  /** Another workspace than the one there is. */
  team?: string
  /** Where to, if not to the desk's app. */
  at?: string
  /** Slack's own name for what it sends: the same again is the same click. */
  trigger_id?: string
  /** Says that Slack has sent it before. */
  retry?: number
  /** Where whoever clicked can be told something without a token. */
  response_url?: string
  /** Hears what was answered at once. */
  answered?: (body: string) => void
}

/** What Slack sends to the desk over HTTP, signed as Slack does. Each gives the status it was answered with. */
export function signedSlack(desk: TestDesk, slack: Slack) {
  async function post(body: string, type: string, sent: Sent) {
    const { secret = signingSecret, signed_at = Date.now(), at = '/slack/events', retry, answered } = sent
    const timestamp = String(Math.floor(signed_at / 1000))
    const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
    const response = await fetch(`http://127.0.0.1:${desk.port}${at}`, {
      method: 'POST',
      headers: {
        'content-type': type,
        'x-slack-signature': `v0=${signature}`,
        'x-slack-request-timestamp': timestamp,
        ...(retry !== undefined && {
          'x-slack-retry-num': `${retry}`,
          'x-slack-retry-reason': 'http_timeout',
        }),
      },
      body,
    })
    const said = await response.text()
    answered?.(said)
    return response.status
  }
  const form = (fields: Record<string, string>, sent: Sent = {}) =>
    post(new URLSearchParams(fields).toString(), 'application/x-www-form-urlencoded', sent)
  const events = payloads(slack)
  return {
    send: (payload: object, sent: Sent = {}) => post(JSON.stringify(payload), 'application/json', sent),
    event: (event: object, more: object = {}, sent: Sent = {}) =>
      post(JSON.stringify(events.event(event, more)), 'application/json', sent),
    command: (name: string, text: string, response_url: string, sent: Sent = {}) =>
      form({ ...events.command(name, text, response_url), ...named(sent) }, sent),
    async click(name: string, action_id: string, value: string, sent: Sent = {}) {
      const payload = { ...(await events.click(name, action_id, value, sent.team)), ...named(sent) }
      return form({ payload: JSON.stringify(payload) }, sent)
    },
    clickAtHome: async (name: string, action_id: string, value: string) =>
      form({ payload: JSON.stringify(events.atHome(await events.click(name, action_id, value))) }),
    answerAtHome: (name: string, callback_id: string, value: string, text: string) =>
      form({ payload: JSON.stringify(events.answeredAtHome(name, callback_id, value, text)) }),
    answer: (name: string, callback_id: string, value: string, text: string, sent: Sent = {}) =>
      form(
        {
          payload: JSON.stringify({
            ...events.answer(name, callback_id, value, text, sent.team),
            ...named(sent),
          }),
        },
        sent,
      ),
  }
}

const named = ({ trigger_id, response_url }: Sent) => ({
  ...(trigger_id !== undefined && { trigger_id }),
  ...(response_url !== undefined && { response_url }),
})

/** The same as objects, for whatever way they come in. */
export function payloads(slack: Slack) {
  const who = (name: string, team = slack.team) => ({
    team: { id: team, domain: 'northwind' },
    user: { id: slack.user(name), name, team_id: team },
    api_app_id: slack.app,
    token: 'x',
  })
  const answer = (
    name: string,
    callback_id: string,
    text: string,
    private_metadata: string,
    team?: string,
  ) => ({
    ...who(name, team),
    type: 'view_submission',
    trigger_id: randomUUID(),
    view: {
      ...{ id: 'V1', type: 'modal', callback_id, private_metadata },
      state: { values: { answer: { text: { type: 'plain_text_input', value: text } } } },
    },
  })
  return {
    async click(name: string, action_id: string, value: string, team?: string) {
      const { trigger_id } = await slack.ask('views.generateTriggerId', { user_id: slack.user(name) })
      return {
        ...who(name, team),
        type: 'block_actions',
        trigger_id,
        channel: { id: slack.channel, name: 'approvals' },
        container: { type: 'message' },
        message: { ts: '1.1' },
        actions: [{ type: 'button', action_id, block_id: 'b', value, action_ts: '1' }],
      }
    },
    answer: (name: string, callback_id: string, value: string, text: string, team?: string) =>
      answer(name, callback_id, text, JSON.stringify([value, slack.channel]), team),
    answeredAtHome: (name: string, callback_id: string, value: string, text: string) =>
      answer(name, callback_id, text, JSON.stringify([value])),
    /** The same click, made in the app's home. */
    atHome: ({ channel: _channel, message: _message, ...click }: Record<string, unknown>) => ({
      ...click,
      container: { type: 'view' },
      view: { id: 'V1', type: 'home' },
    }),
    event: (event: object, more: object = {}) => ({
      ...{ token: 'x', team_id: slack.team, api_app_id: slack.app, type: 'event_callback' },
      ...{ event_id: `Ev${Math.random()}`, event_time: Math.floor(Date.now() / 1000), event },
      ...more,
    }),
    command: (name: string, text: string, response_url: string) => ({
      ...{ token: 'x', team_id: slack.team, team_domain: 'northwind', api_app_id: slack.app },
      ...{ channel_id: slack.channel, channel_name: 'approvals', command: '/salesdesk', text, response_url },
      ...{ user_id: slack.user(name), user_name: name, trigger_id: randomUUID() },
    }),
  }
}
