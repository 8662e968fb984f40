import type { Db, ReadDb } from '../db/database.ts'
import type { Log } from '../log.ts'
import type { Seal } from '../seal.ts'

/** What answers clicks in Slack is given. */
export interface SlackDesk {
  db: Db
  readDb: ReadDb
  log: Log
  clock: () => Date
  seal: Seal | undefined
  signingSecret: string
  /** Of the one app whose token the environment has. */
  botToken: string | undefined
  apiUrl: string
  /** Where publishers' pages of the console begin. */
  consoleUrl: string
}
