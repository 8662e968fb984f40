import { expect } from 'vitest'
import type { Db } from '../../../src/db/database.ts'

/** What our own tables last accepted of a media buy, told apart from how the worker reads them. */
export async function wantedOf(db: Db, mediaBuyId: string) {
  const { status } = await db
    .selectFrom('media_buys')
    .select('status')
    .where('media_buy_id', '=', mediaBuyId)
    .executeTakeFirstOrThrow()
  const packages = await db
    .selectFrom('media_packages')
    .select([
      'package_id',
      'canceled',
      'paused',
      'budget',
      'bid_price',
      'impressions',
      'end_time',
      'targeting_overlay',
    ])
    .where('media_buy_id', '=', mediaBuyId)
    .orderBy('position')
    .execute()
  const shown = await db
    .selectFrom('creative_assignments as a')
    .innerJoin('media_packages as p', 'p.package_id', 'a.package_id')
    .innerJoin('creatives as c', (join) =>
      join.onRef('c.principal_id', '=', 'a.principal_id').onRef('c.creative_id', '=', 'a.creative_id'),
    )
    .select(['a.package_id', 'a.weight', 'c.name'])
    .where('p.media_buy_id', '=', mediaBuyId)
    .orderBy('c.name')
    .execute()
  return {
    over: status === 'canceled' || status === 'rejected',
    packages: packages.map((item) => ({
      ...item,
      paused: item.paused || status === 'paused',
      creatives: shown
        .filter(({ package_id }) => package_id === item.package_id)
        .map(({ name, weight }) => ({ name, weight })),
    })),
  }
}
export type Wanted = Awaited<ReturnType<typeof wantedOf>>

/** An ad server's own books, and how a package must look there. */
export interface Books {
  standing(mediaBuyId: string): Promise<{
    orders: string[]
    items: { package_id: string; state: string; [fact: string]: unknown }[]
    /** A name for each creative it has for this buy. */
    creatives: string[]
  }>
  item(wanted: Wanted['packages'][number]): { package_id: string; [fact: string]: unknown }
}

/** Fails unless the ad server's books hold exactly what our tables say, each thing once. */
export async function expectWanted(db: Db, books: Books, mediaBuyId: string): Promise<void> {
  const wanted = await wantedOf(db, mediaBuyId)
  const { orders, items, creatives } = await books.standing(mediaBuyId)
  expect(orders.length, 'orders').toBeLessThanOrEqual(1)
  expect(new Set(items.map(({ package_id }) => package_id)).size, 'packages that have a line item').toBe(
    items.length,
  )
  expect(new Set(creatives).size, 'different creatives').toBe(creatives.length)
  if (wanted.over) return expect(orders.filter((state) => state !== 'canceled')).toEqual([])
  expect(orders).toEqual(['approved'])
  const live = wanted.packages.filter(({ canceled }) => !canceled).map(books.item)
  expect(sorted(items.filter(({ state }) => state !== 'canceled'))).toMatchObject(sorted(live))
}

const sorted = <T extends { package_id: string }>(items: T[]) =>
  [...items].sort((a, b) => (a.package_id < b.package_id ? -1 : 1))
