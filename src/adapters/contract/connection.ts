import type { Kysely } from 'kysely'
import type { Download } from './download.ts'

/** What an adapter is given to reach its ad server. `secret` is what the publisher keeps for it, sealed or in the environment. */
export interface Connection {
  connection_id: string
  settings: unknown
  secret: string | undefined
  /** Fetches what buyers only give the address of. */
  download: Download
  /** For the simulated ad server, whose books live in PostgreSQL beside ours. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each adapter names its own tables
  books: Kysely<any>
}
