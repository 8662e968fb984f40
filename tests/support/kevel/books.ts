export type Row = Record<string, unknown> & { Id: number }

/** What a Kevel network holds. Names are not unique, as they are not in Kevel's. */
export function openBooks() {
  return {
    advertisers: [
      { Id: 501, Title: 'Volta', IsActive: true },
      { Id: 502, Title: 'House', IsActive: true },
    ] as Row[],
    priorities: [
      { Id: 701, Name: 'Sponsorship', ChannelId: 1, Weight: 1 },
      { Id: 702, Name: 'Standard', ChannelId: 1, Weight: 10 },
    ] as Row[],
    sites: [
      { Id: 801, Title: 'Northwind', URL: 'northwind.example' },
      { Id: 802, Title: 'Northwind Trails', URL: 'trails.northwind.example' },
    ] as Row[],
    zones: [
      { Id: 901, Name: 'Homepage top', SiteId: 801 },
      { Id: 902, Name: 'Article side', SiteId: 801 },
    ] as Row[],
    segments: [
      {
        Id: 1101,
        Name: 'Readers of sport',
        Description: null,
        Category: 'Interest',
        Reach: { all_time: 90_000, '28d': 42_000 },
      },
      { Id: 1102, Name: 'Subscribers', Description: 'Those who pay', Category: null, Reach: null },
    ] as Row[],
    adTypes: [
      { Id: 5, Name: 'Medium rectangle', Width: 300, Height: 250 },
      { Id: 4, Name: 'Leaderboard', Width: 728, Height: 90 },
    ] as Row[],
    campaigns: [] as Row[],
    flights: [] as Row[],
    creatives: [] as Row[],
    ads: [] as Row[],
    /** What was shown, by day in UTC; revenue as Kevel writes it, with more digits than a number holds. */
    shown: [] as { day: string; flight_id: number; impressions: number; clicks: number; revenue: string }[],
    reports: [] as { Id: string; asked: ReportForm; times: number }[],
    /** How often a report is in progress when it is asked for. */
    reportPolls: 1,
  }
}
export interface ReportForm {
  StartDateISO: string
  EndDateISO: string
  Parameters: { campaignId: number }[]
}
export type Books = ReturnType<typeof openBooks>

let lastId = 10_000
export const nextId = () => ++lastId

/** The row of that id. @throws Refusal */
export function rowOf(rows: Row[], id: unknown, what: string): Row {
  const row = rows.find(({ Id }) => Id === Number(id))
  if (row) return row
  throw new Refusal(`${what} ${String(id)} does not exist.`, 404)
}

/** What Kevel answers when it will not. */
export class Refusal extends Error {
  readonly status: number
  constructor(message: string, status = 400) {
    super(message)
    this.status = status
  }
}
