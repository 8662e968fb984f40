import { randomUUID } from 'node:crypto'
import type { Db } from '../db/database.ts'
import type { Answer, Buyer } from './buyer.ts'
import { DemoError } from './processes.ts'
import { countOrders } from './stage.ts'
import type { Timeline } from './timeline.ts'
import { until } from './wait.ts'

export interface Bought {
  media_buy_id: string
  status: string
  replayed: boolean
}
interface Listed {
  media_buys: {
    status: string
    ext: { salesdesk: { placement: { state: string; ad_servers: { orders?: string[] }[] } } }
  }[]
}

/** Counts in the ad server's own books. @throws DemoError unless exactly one order stands there for the media buy. */
export async function oneOrderStands({ db, timeline }: { db: Db; timeline: Timeline }, media_buy_id: string) {
  const orders = await countOrders(db, media_buy_id)
  if (orders !== 1)
    throw new DemoError(`${orders} orders stand on the ad server; there should be exactly one.`)
  timeline.detail('On the ad server: exactly one order.')
}

/** The media buy as listed, once its order stands on the ad server. */
export function placed(buyer: Buyer, media_buy_id: string): Promise<Listed> {
  return until('the order to be placed', async () => {
    const listed = await buyer.call<Listed>('get_media_buys', { media_buy_ids: [media_buy_id] })
    return listed.media_buys[0]?.ext.salesdesk.placement.state === 'placed' && listed
  })
}

export const tellBought = (answer: Bought) => `${answer.media_buy_id}, ${answer.status}`

export function tellPlacement({ media_buys: [buy] }: Listed): string {
  const { state, ad_servers } = buy?.ext.salesdesk.placement ?? { state: 'unknown', ad_servers: [] }
  return `${buy?.status}, on the ad server: ${state}, order ${ad_servers.flatMap(({ orders = [] }) => orders).join(', ')}`
}

/** A purchase of one product by one brand, three weeks long, two weeks from now. */
export function purchase(
  product_id: string,
  pricing_option_id: string,
  budget: number,
  bid_price?: number,
): Answer {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  return {
    idempotency_key: randomUUID(),
    account: { brand: { domain: 'acme-outdoor.example' }, operator: 'pinnacle-agency.example' },
    brand: { domain: 'acme-outdoor.example' },
    start_time: inDays(14),
    end_time: inDays(35),
    packages: [{ product_id, pricing_option_id, budget, ...(bid_price !== undefined && { bid_price }) }],
  }
}
