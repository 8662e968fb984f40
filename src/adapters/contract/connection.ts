import type { Kysely } from 'kysely'
import type { Download } from './download.ts'
import type { Fetch } from './fetch.ts'

/** What an adapter is given to reach its ad server. `secret` is what the publisher keeps for it, sealed or in the environment. */
export interface Connection {
  connection_id: string
  settings: unknown
  secret: string | undefined
  /** Reaches the ad server. There is no other way: its address is what somebody typed in. */
  fetch: Fetch
  /** Fetches what buyers only give the address of. */
  download: Download
  /** For the simulated ad server, whose books live in PostgreSQL beside ours. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each adapter names its own tables
  books: Kysely<any>
}
