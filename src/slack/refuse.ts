import type { AllMiddlewareArgs, App, RespondFn, webApi } from '@slack/bolt'
import { toldMessage, toldModal } from '../blocks/modals.ts'

const said = 'No publisher that sells here is connected to this workspace now. Nothing was changed.'

/** What is clicked, answered or asked in a workspace of no open publisher does nothing, and whoever does it is told, token or not. */
export function refuseUnreached(app: App): void {
  app.use(async (args) => {
    if (args.context['reached'] !== false) return args.next()
    const { body, ack, respond, client } = args as unknown as Refused
    if (body.type === 'view_submission')
      return ack?.({ response_action: 'update', view: toldModal('Salesdesk', said) })
    if (body.command !== undefined) return ack?.({ response_type: 'ephemeral', ...toldMessage(said) })
    await ack?.()
    if (respond) await respond({ response_type: 'ephemeral', replace_original: false, ...toldMessage(said) })
    else if (args.context.botToken !== undefined) await show(client, body)
  })
}

/** In the app's home, where nothing can be said without the token. */
async function show(client: webApi.WebClient, { trigger_id, event }: Refused['body']) {
  if (trigger_id !== undefined)
    return void (await client.views.open({ trigger_id, view: toldModal('Salesdesk', said) }))
  if (event?.type === 'app_home_opened' && event.tab === 'home')
    await client.views.publish({
      user_id: event.user,
      view: { type: 'home', blocks: toldMessage(said).blocks },
    })
}

interface Refused extends Pick<AllMiddlewareArgs, 'client'> {
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
