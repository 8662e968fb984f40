import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import { BarChart, type AmountOfDay } from '../../parts/chart.tsx'

const DAYS = 30
const DAY_MS = 86_400_000
/** The currencies with the most booked each have a chart; more than these are for a report. */
const CHARTS = 3

interface BookedDay {
  currency: string
  day: string
  amount: string
}
/** What was booked in a currency, day by day. */
interface Booked {
  currency: string
  days: AmountOfDay[]
}

/**
 * What was accepted on each of the last thirty days in UTC, by currency, as its buys stand now; those called off or declined since
 * are left out, and so is the sandbox.
 */
export async function readBooked(db: ReadDb, tenant_id: string, now: Date): Promise<Booked[]> {
  const today = Date.parse(now.toISOString().slice(0, 10))
  const first = new Date(today - (DAYS - 1) * DAY_MS)
  const rows = await db
    .selectFrom('media_buys as buy')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .select(['buy.currency', dayOf.as('day'), sql<string>`sum(buy.total_budget)`.as('amount')])
    .where('buy.tenant_id', '=', tenant_id)
    .where('buy.confirmed_at', '>=', first)
    .where('buy.status', 'not in', ['canceled', 'rejected'])
    .where('agent.sandbox', '=', false)
    .groupBy(['buy.currency', dayOf])
    .execute()
  const currencies = [...new Set(rows.map(({ currency }) => currency))]
  return currencies
    .map((currency) => ({
      currency,
      days: everyDay(
        rows.filter((row) => row.currency === currency),
        first,
      ),
    }))
    .sort((a, b) => sumOf(b) - sumOf(a))
    .slice(0, CHARTS)
}

const dayOf = sql<string>`to_char(buy.confirmed_at at time zone 'UTC', 'YYYY-MM-DD')`
const sumOf = ({ days }: Booked) => days.reduce((sum, { amount }) => sum + amount, 0)

/** The days on which nothing was booked belong to the picture. */
function everyDay(booked: readonly BookedDay[], first: Date): AmountOfDay[] {
  const amounts = new Map(booked.map(({ day, amount }) => [day, Number(amount)]))
  return Array.from({ length: DAYS }, (_, n) => {
    const day = new Date(first.getTime() + n * DAY_MS)
    return { day, amount: amounts.get(day.toISOString().slice(0, 10)) ?? 0 }
  })
}

/** Revenue booked by day, a chart for each currency. */
export function Revenue({ booked }: { booked: readonly Booked[] }) {
  return (
    <section aria-labelledby="booked">
      <h2 id="booked">Revenue booked</h2>
      {booked.length === 0 && <p class="empty">Nothing was booked in the last {DAYS} days.</p>}
      {booked.map(({ currency, days }) => (
        <div class="card">
          <BarChart title={`${currency}, last ${DAYS} days`} days={days} currency={currency} />
        </div>
      ))}
    </section>
  )
}
