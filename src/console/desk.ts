import type { IncomingMessage } from 'node:http'
import type { AdServerKind } from '../ad_server_kinds.ts'
import type { Db, ReadDb } from '../db/database.ts'
import type { UserRole } from '../db/schema.ts'
import type { Log } from '../log.ts'
import type { Seal } from '../seal.ts'
import type { Live } from './live.ts'
import type { Oidc } from './oidc.ts'

/** What the pages work with. */
export interface ConsoleDesk {
  db: Db
  /** PostgreSQL refuses to write on it. */
  readDb: ReadDb
  clock(): Date
  /** Where a request comes from, also through a proxy. */
  addressOf(request: IncomingMessage): string
  log: Log
  /** Where people and agents reach us, without a final slash; undefined where they address this server itself. */
  publicUrl: string | undefined
  /** Undefined where this process was given no key: secrets can then not be kept. */
  seal: Seal | undefined
  /** Whether a publisher can install the Slack app with a link: beginInstallation(). */
  installsSlack: boolean
  live: Live
  /** Every ad server a connection can be made to. */
  adServerKinds: readonly AdServerKind[]
  /** Whom one may sign in with besides a password; undefined where nobody is. */
  oidc: Oidc | undefined
  /** Whose access tokens agents may come with; undefined where only the desk's own tokens are taken. */
  oauthIssuer: string | undefined
  /** Whether one may sign in with a password. */
  passwords: boolean
}

/** Somebody who is signed in. */
export interface Person {
  user_id: string
  name: string
  email: string
}

/** Who looks at a page, and for which publisher. */
export interface Visit {
  person: Person
  role: UserRole
  tenant_id: string
  publisher: string
  /** The publishers this person may turn to. */
  publishers: readonly { tenant_id: string; name: string }[]
  /** Where this publisher's pages begin: `/console/northwind`. */
  base: string
  now: Date
}

/** What Hono carries through a request of somebody who is signed in. */
export interface VisitEnv {
  Variables: { visit: Visit }
}
