import type { Db, ReadDb } from '../db/database.ts'
import type { Log } from '../log.ts'
import type { Seal } from '../seal.ts'

/** What the door of Slack is given. */
export interface SlackDesk {
  db: Db
  readDb: ReadDb
  log: Log
  clock: () => Date
  seal: Seal | undefined
  /** The publisher whose own app speaks; undefined: the desk's app, for all who have none of their own. */
  only: string | undefined
  /** What Slack signs with what it sends here; undefined: nothing is taken over HTTP. */
  signingSecret: string | undefined
  /** Of the app; with it what people do in Slack comes over a connection this process opens. */
  appToken: string | undefined
  /** The app, as workspaces install it; undefined where they cannot. */
  oauth: SlackOAuth | undefined
  /** Of the one app whose token the environment has. */
  botToken: string | undefined
  apiUrl: string
  /** Where publishers' pages of the console begin. */
  consoleUrl: string
}
export interface SlackOAuth {
  clientId: string
  clientSecret: string
  /** Bot tokens are kept under it. */
  seal: Seal
  /** Where Slack sends people back to. */
  redirectUri: string
}
