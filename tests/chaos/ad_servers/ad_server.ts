import type { Passage } from '../../support/gate.ts'

/** An order as the ad server's own books have it. */
export interface BookedOrder {
  media_buy_id: string
  order_id: string
  /** False once it was taken back. */
  live: boolean
  approved: boolean
  items: BookedItem[]
}
export interface BookedItem {
  line_item_id: string
  live: boolean
  money: string
  /** Undefined: this ad server does not say. */
  package_id: string | undefined
  paused: boolean | undefined
  end: number | undefined
  /** The creatives it shows, by our ids. */
  creatives: string[]
}

export interface AdServer {
  connection_id: 'gam' | 'adcp'
  name: string
  url: string
  /** How a connection reaches it through a gate. */
  settings(gate: string): Record<string, unknown>
  secret(gate: string): string
  /** What is asked of it, in a word or two. */
  operation(passage: Passage): string
  /** What may befall a call besides what can happen on any network. */
  moods: Record<string, (passage: Passage) => Promise<void>>
  orders(): Promise<BookedOrder[]>
  /** Our key of each creative it holds, as often as it holds it. */
  uploads(): Promise<string[]>
  close(): Promise<void>
}

/** Our key at the end of a name: `… [adcp:…]`. */
export const keyIn = (name: unknown): string => /\[(adcp:[^\]]+)\]$/.exec(String(name))?.[1] ?? ''
