import type { AllMiddlewareArgs, App, RespondFn, webApi } from '@slack/bolt'
import { toldMessage, toldModal } from '../blocks/modals.ts'

/** What is said where no publisher that sells here is connected. */
const left = 'No publisher that sells here is connected to this workspace now. Nothing was changed.'
const failed = 'Something went wrong on our side. Nothing was changed. Try again in a minute.'

/** What is clicked, answered or asked in a workspace of no open publisher does nothing, and whoever does it is told, token or not. */
export function refuseUnreached(app: App): void {
  app.use(async (args) => {
    if (args.context['reached'] !== false) return args.next()
    const { body, ack, respond, client } = args as unknown as Refused
    if (body.type === 'view_submission')
      return ack?.({ response_action: 'update', view: toldModal('Salesdesk', left) })
    if (body.command !== undefined) return ack?.({ response_type: 'ephemeral', ...toldMessage(left) })
    await ack?.()
    if (respond) await respond({ response_type: 'ephemeral', replace_original: false, ...toldMessage(left) })
    else if (args.context.botToken !== undefined) await show(client, body)
  })
}

/** Where it cannot even be read whose workspace it is, because the database is away, whoever clicked is told as far as one can be. @throws why */
export function refuseUnread(app: App): void {
  app.use(async (args) => {
    const { unread } = args.context as { unread?: Error }
    if (unread === undefined) return args.next()
    await sayThatItFailed(args as unknown as Refused)
    throw unread
  })
}

/** Needs no token, so that it can be said where nothing can be read. What was typed stays in its modal. */
export async function sayThatItFailed({ body, ack, respond }: Refused): Promise<void> {
  if (body.type === 'view_submission') return ack?.({ response_action: 'errors', errors: { answer: failed } })
  await ack?.()
  await respond?.({ response_type: 'ephemeral', replace_original: false, ...toldMessage(failed) })
}

/** In the app's home, where nothing can be said without the token. */
async function show(client: webApi.WebClient, { trigger_id, event }: Refused['body']) {
  if (trigger_id !== undefined)
    return void (await client.views.open({ trigger_id, view: toldModal('Salesdesk', left) }))
  if (event?.type === 'app_home_opened' && event.tab === 'home')
    await client.views.publish({
      user_id: event.user,
      view: { type: 'home', blocks: toldMessage(left).blocks },
    })
}

/** What came in, and how whoever sent it can be told something. */
export interface Refused extends Pick<AllMiddlewareArgs, 'client'> {
  body: {
    type?: string
    command?: string
    trigger_id?: string
    event?: { type: string; tab?: string; user: string }
  }
  /** None with events, which are acknowledged before. */
  ack?: (answer?: object) => Promise<void>
  respond?: RespondFn
}
