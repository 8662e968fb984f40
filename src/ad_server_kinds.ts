/** One thing a connection to an ad server can be told, as a form asks for it. */
export interface SettingField {
  name: string
  label: string
  hint?: string
  type: 'text' | 'number' | 'yes_no' | 'choice' | 'json'
  /** What it may be, where the type is `choice`. */
  choices?: readonly string[]
  /** Counts where nothing is written, as a form would show it. */
  fallback?: string
  required: boolean
  /** Where the ad server is: whoever changes it must know the secret. */
  address: boolean
  /** It says which network this is: orders stand there, so it stays what it was. */
  fixed: boolean
  /** The ad server itself says what it can be, once it was reached. */
  offered: boolean
}

export interface SettingProblem {
  setting: string
  message: string
}

/** One kind of ad server, as people who connect one are asked about it. Nothing of it asks anybody. */
export interface AdServerKind {
  kind: string
  name: string
  /** What it is, in a sentence. */
  about: string
  /** What it knows the publisher by; null: it asks for nothing. */
  secret: { label: string; hint: string; /** Handed out as a file of several lines. */ file: boolean } | null
  fields: readonly SettingField[]
  /** Everything wrong with these settings; none missing that is not offered. */
  problemsOf(settings: Record<string, unknown>): SettingProblem[]
  /** Why this cannot be a secret, as far as one can see; undefined where it may be. */
  secretProblem(secret: string): string | undefined
  /** The inventory a product sells there, by its ad_server_config. */
  sells(ad_server_config: unknown): SoldInventory
}

/** Ids as the ad server has them. */
export interface SoldInventory {
  ad_units: readonly string[]
  placements: readonly string[]
  /** Whether what lies below those ad units is sold too. */
  below: boolean
}

/** Whether a connection knows everything it must. */
export const isComplete = ({ fields }: AdServerKind, settings: Record<string, unknown>): boolean =>
  fields.every(({ name, required }) => !required || settings[name] !== undefined)
