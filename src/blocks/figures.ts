/** An amount as people read it, to the cent: `EUR 4,000.00`. */
export const money = (amount: string, currency: string) =>
  `${currency} ${Number(amount).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`

/** A UTC day: `2026-12-01`. */
export const day = (time: Date | string) => new Date(time).toISOString().slice(0, 10)

/** A minute in marked text: Slack writes it on the clock of whoever reads it, and where it cannot, `2026-12-01 15:30 UTC` stands. */
export const moment = (time: Date) =>
  `<!date^${Math.floor(time.getTime() / 1000)}^{date_short_pretty} {time}|${time.toISOString().slice(0, 16).replace('T', ' ')} UTC>`

export const flight = (from: Date | string, to: Date | string) => `${day(from)} to ${day(to)}`
export const count = (n: number | string) => Number(n).toLocaleString('en')
