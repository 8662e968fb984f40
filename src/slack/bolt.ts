import type { App, LogLevel, Receiver } from '@slack/bolt'
import type { Log } from '../log.ts'
import { authorize } from './authorize.ts'
import type { Busy } from './busy.ts'
import { answerClicks } from './clicks.ts'
import type { SlackDesk } from './desk.ts'
import { answerHome } from './home.ts'
import { inTime } from './in_time.ts'
import { onceOnly } from './once.ts'
import { refuseUnread, refuseUnreached } from './refuse.ts'
import { hearUninstalled } from './uninstalled.ts'

/** Bolt takes a second to load, and is not needed before Slack says something. */
export const loadBolt = () => import('@slack/bolt')
export type Bolt = Awaited<ReturnType<typeof loadBolt>>

/** The app behind one receiver; the same handlers answer whatever way something comes in. */
export function createApp({ App }: Bolt, desk: SlackDesk, receiver: Receiver, busy: Busy): App {
  const app = new App({
    receiver,
    // whoever clicked is told by refuseUnread; Bolt itself would say nothing
    authorize: ({ teamId }, body) =>
      authorize(desk, teamId ?? '', appOf(body)).catch((unread: Error) => ({ unread })),
    clientOptions: { slackApiUrl: desk.apiUrl, allowAbsoluteUrls: false },
    logger: boltLog(desk.log),
  })
  app.error((error) => {
    desk.log.error({ err: error }, 'slack')
    return Promise.resolve()
  })
  const process = app.processEvent.bind(app)
  app.processEvent = (event) => process(inTime(event))
  app.use(({ next }) => busy.during(next()))
  refuseUnread(app)
  onceOnly(app, desk)
  refuseUnreached(app)
  answerClicks(app, desk)
  answerHome(app, desk)
  hearUninstalled(app, desk)
  return app
}

const appOf = (body: unknown): string => String((body as { api_app_id?: unknown } | undefined)?.api_app_id)

/** Bolt's own words go into our log, as far as they tell of trouble. */
export function boltLog(log: Log) {
  const text = (parts: unknown[]) => parts.map(String).join(' ')
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts: unknown[]) => {
      log.warn({ said: text(parts) }, 'slack')
    },
    error: (...parts: unknown[]) => {
      log.error({ said: text(parts) }, 'slack')
    },
    setLevel: () => {},
    getLevel: () => 'error' as LogLevel,
    setName: () => {},
  }
}
