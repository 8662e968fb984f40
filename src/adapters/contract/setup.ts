import type { z } from 'zod'
import type { Call } from './call.ts'
import type { ConnectionFinding, Sold } from './check.ts'
import type { Connection } from './connection.ts'

/** What people are asked to connect an ad server of one kind. Descriptions of the settings' schema are shown to them. */
export interface Setup {
  name: string
  /** What it is, in a sentence. */
  about: string
  /** What it knows the publisher by; null: it asks for nothing. */
  secret: {
    label: string
    hint: string
    /** Handed out as a file of several lines. */
    file: boolean
    /** @throws AdapterError('config') for what can be no secret, as far as one can see */
    parse(secret: string): unknown
  } | null
  settings: z.ZodObject
  /** The setting that says which network it is: orders stand there, so it stays what it was. */
  network: string | null
  /** The settings whose values `survey` finds. */
  offered: readonly string[]
  /** The inventory a product's ad_server_config names, by the ids `readPage` tells; whatever else it is, nothing. */
  sells(ad_server_config: unknown): Sells
  /** Reads only: how it is to connect there, also while settings that are offered are missing. Unless given, what `check` finds. */
  survey?(connection: Connection, sold: Sold, call: Call): Promise<Survey>
}

export interface Sells {
  ad_units: readonly string[]
  placements: readonly string[]
  /** Whether what lies below those ad units is sold too. */
  below: boolean
}

/** What was found of a connection, and what its settings can be there. */
export interface Survey {
  findings: ConnectionFinding[]
  choices: Partial<Record<string, readonly Choice[]>>
}
export interface Choice {
  value: string
  label: string
}

export const sellsNothing: Sells = { ad_units: [], placements: [], below: false }
