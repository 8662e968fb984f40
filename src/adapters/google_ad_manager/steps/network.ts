import type { Download } from '../../adapter.ts'
import type { Client } from '../client.ts'
import type { Settings } from '../config.ts'
import type { References } from '../references.ts'

/** What a step works with: one network of Google Ad Manager, reached as one service account. */
export interface Network {
  client: Client
  references: References
  settings: Settings
  download: Download
}
