export type Row = Record<string, unknown> & { id: number }
export interface Placement {
  campaign_id: number
  advertisement_id: number
  zone_id: number
}

/** What a Broadstreet network holds. Names are not unique, and nothing else of ours is kept. */
export function openBooks() {
  return {
    network: { id: 85, name: 'Northwind', path: '/networks/85' } as Row,
    advertisers: [
      { id: 301, name: 'Volta' },
      { id: 302, name: 'House' },
    ] as Row[],
    zones: [
      { id: 61, name: 'Homepage top', network_id: 85, alias: 'home-top', self_serve: false },
      { id: 62, name: 'Article side', network_id: 85, alias: null, self_serve: false },
      { id: 63, name: 'Newsletter', network_id: 85, alias: null, self_serve: true },
    ] as Row[],
    campaigns: [] as Row[],
    advertisements: [] as Row[],
    placements: [] as Placement[],
    /** Whether it also says what is paused and archived, which its documents do not show. */
    tells_switches: false,
    /** What was shown, by day in the network's zone. */
    shown: [] as { day: string; campaign_id: number; views: number; clicks: number }[],
  }
}
export type Books = ReturnType<typeof openBooks>

let lastId = 40_000
export const nextId = () => ++lastId

/** What Broadstreet answers when it will not. */
export class Refusal extends Error {
  readonly status: number
  constructor(message: string, status = 422) {
    super(message)
    this.status = status
  }
}

/** The row of that id. @throws Refusal */
export function rowOf(rows: Row[], id: unknown, what: string): Row {
  const row = rows.find((one) => one.id === Number(id))
  if (row) return row
  throw new Refusal(`${what} not found`, 404)
}
