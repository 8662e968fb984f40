import { setTimeout as pause } from 'node:timers/promises'
import type { Day } from './day.ts'
import { placed, purchase, tellBought, tellPlacement, type Bought } from './orders.ts'
import { haveFiguresRead } from './stage.ts'
import { until } from './wait.ts'

const FLIGHT_MS = 5000

interface Delivered {
  media_buy_deliveries: { as_of?: string; totals: { impressions: number; spend: number; clicks?: number } }[]
}

/** Step 7: an order short enough to be watched runs, and its figures come from the ad server. */
export async function watchDelivery({ buyer, db, timeline }: Day) {
  timeline.heading('7  It buys for the next five seconds, and asks what was delivered')
  const end_time = new Date(Date.now() + FLIGHT_MS)
  const order = {
    ...purchase('trail_display_run_of_site', 'cpm_eur_auction', 4000, 5),
    start_time: 'asap',
    end_time: end_time.toISOString(),
  }
  const { media_buy_id } = await timeline.step(
    'agent',
    'create_media_buy',
    () => buyer.call<Bought>('create_media_buy', order),
    tellBought,
  )
  await timeline.step('worker', 'places the order', () => placed(buyer, media_buy_id), tellPlacement)
  await pause(Math.max(0, end_time.getTime() - Date.now()))
  await haveFiguresRead(db)
  await timeline.step(
    'worker',
    'has the ad server report what all orders delivered, and stores it',
    () =>
      until('figures', async () => {
        const answer = await buyer.call<Delivered>('get_media_buy_delivery', {
          media_buy_ids: [media_buy_id],
        })
        return (answer.media_buy_deliveries[0]?.totals.impressions ?? 0) > 0 && answer
      }),
    ({ media_buy_deliveries: [told] }) =>
      `get_media_buy_delivery: ${told?.totals.impressions} impressions, ${told?.totals.clicks} clicks, ${told?.totals.spend.toFixed(2)} EUR spent`,
  )
}
