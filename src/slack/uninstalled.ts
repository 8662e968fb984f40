import type { App } from '@slack/bolt'
import { uninstallSlack } from '../commands/slack/uninstall.ts'
import type { SlackDesk } from './desk.ts'

interface Told {
  team_id: string
  api_app_id: string
  event_time: number
}

/** A workspace that takes the app out, or its token away, is told nothing any more. */
export function hearUninstalled(app: App, { db, clock, only }: SlackDesk): void {
  const gone = ({ team_id, api_app_id: app_id, event_time }: Told) =>
    uninstallSlack(db, { team_id, app_id, only, at: new Date(event_time * 1000), now: clock() })
  app.event('app_uninstalled', ({ body }) => gone(body))
  app.event('tokens_revoked', async ({ body, event }) => {
    if (event.tokens.bot?.length) await gone(body)
  })
}
