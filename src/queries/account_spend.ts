import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** Days in UTC, both included. */
export interface Period {
  start: string
  end: string
}
/** What somebody's media buys on an account came to in a period, in one currency; money as decimal text. */
export interface AccountSpend {
  currency: string
  /** What was delivered in it, as far as it is counted. */
  spent: string
  /** Media buys that ran in it. */
  running: number
  /** The budgets of those that were bought in it, and how many they are. */
  budgets: string
  bought: number
}

/** The caller's own media buys on an account, those with the highest spend first: others who use it are not its business. */
export function readAccountSpend(
  db: ReadDb,
  { principal_id, account_id }: { principal_id: string; account_id: string },
  { start, end }: Period,
): Promise<AccountSpend[]> {
  const spend = sql<AccountSpend>`(
    with period as (select ${start}::date::timestamp at time zone 'UTC' as begins, (${end}::date + 1)::timestamp at time zone 'UTC' as ends),
    mine as (
      select buy.media_buy_id, buy.currency, buy.total_budget,
        greatest(buy.start_time, begins) < least(buy.end_time, buy.canceled_at, ends) as runs,
        buy.status <> 'canceled' and buy.confirmed_at >= begins and buy.confirmed_at < ends as bought
      from media_buys buy cross join period
      where buy.account_id = ${account_id} and buy.principal_id = ${principal_id} and buy.confirmed_at < ends and buy.status <> 'rejected'
        -- an ad server that tells days tells them by its own clock
        and greatest(buy.end_time, buy.confirmed_at) > begins - interval '1 day'),
    counted as (
      select mine.*, (select coalesce(sum(d.spend), 0) from package_delivery d where d.media_buy_id = mine.media_buy_id
        and d.day between ${start}::date and ${end}::date) as spent
      from mine)
    select currency, sum(spent)::text as spent, count(*) filter (where runs)::int as running,
      coalesce(sum(total_budget) filter (where bought), 0)::text as budgets, count(*) filter (where bought)::int as bought
    from counted where runs or bought or spent > 0
    group by currency order by sum(spent) desc, sum(total_budget) desc, currency)`
  return db.selectFrom(spend.as('spend')).selectAll().execute()
}
