import { nextTurn } from '../adcp/flight_clock.ts'
import { turnMediaBuy } from '../commands/turn_media_buy.ts'
import { enqueue } from '../jobs.ts'
import { selectDueFlights, type FlightRow } from '../queries/flights.ts'
import { defineTask, type TaskContext } from './define-task.ts'

const PAGE = 500
/** Until somebody looks again, and a little more. */
const AHEAD_MS = 70_000

/**
 * The clock of media buys, each minute: moves those whose flight has begun or ended, each in a transaction of its own, and plans
 * those that begin or end before the next look for that very moment.
 */
export const turnMediaBuys = defineTask({
  name: 'turn_media_buys',
  async run(_payload, ctx) {
    const by = new Date(ctx.clock().getTime() + AHEAD_MS)
    for (let after = ''; ;) {
      const page = await selectDueFlights(ctx.db, by, after).limit(PAGE).execute()
      for (const flight of page) {
        if (ctx.signal.aborted) return
        await turnOrPlan(ctx, flight)
      }
      if (page.length < PAGE) return
      after = page.at(-1)?.media_buy_id ?? after
    }
  },
})

async function turnOrPlan({ db, clock, log }: TaskContext, flight: FlightRow) {
  const { media_buy_id } = flight
  try {
    const now = clock()
    if (nextTurn(flight, now)) {
      const moves = await turnMediaBuy(db, media_buy_id, now)
      return void (moves.length > 0 && log.info({ media_buy_id, moves }, 'media buy moved on'))
    }
    const at = flight.starts > now ? flight.starts : flight.ends
    await db.transaction().execute((trx) => enqueue(trx, 'turn_media_buy', { media_buy_id }, at))
  } catch (error) {
    // of one media buy; the others must not wait for it
    log.error({ media_buy_id, err: error }, 'media buy could not be moved on; tried again in a minute')
  }
}
