import { moveMediaBuy } from '../../src/commands/move_media_buy.ts'
import { recordDelivery, type Delivery } from '../../src/commands/record_delivery.ts'
import type { MediaBuyStatus } from '../../src/db/schema.ts'
import type { Args, TestBuyer, TestDesk } from './desk.ts'
import { buy } from './orders.ts'

/** Buys at `desk.now` for a flight from `start_time` on and moves the buy along; gives its id and those of its packages, in order. */
export async function runningBuy(
  desk: TestDesk,
  buyer: TestBuyer,
  overrides: Args & { package?: Args } = {},
  way: MediaBuyStatus[] = ['active'],
): Promise<{ id: string; packages: string[] }> {
  const id = await buy(buyer, overrides, desk.now)
  for (const to of way) await move(desk, id, to)
  const rows = await desk.db
    .selectFrom('media_packages')
    .select('package_id')
    .where('media_buy_id', '=', id)
    .orderBy('position')
    .execute()
  return { id, packages: rows.map(({ package_id }) => package_id) }
}

export function move(desk: TestDesk, media_buy_id: string, to: MediaBuyStatus) {
  const step = { tenant_id: 'northwind', media_buy_id, to, action: to, now: desk.now, reason: 'Because.' }
  return desk.db.transaction().execute((trx) => moveMediaBuy(trx, { kind: 'operator', name: 'test' }, step))
}

/** What the ad server reports about a day, counted up to now unless said otherwise. */
export function deliver(
  desk: TestDesk,
  media_buy_id: string,
  delivery: Partial<Delivery> & Pick<Delivery, 'day' | 'figures'>,
) {
  const { now } = desk
  const all = {
    tenant_id: 'northwind',
    media_buy_id,
    source: 'ad_server',
    mode: 'replace',
    as_of: now,
    now,
  } as const
  return desk.db.transaction().execute((trx) => recordDelivery(trx, { ...all, ...delivery }))
}
