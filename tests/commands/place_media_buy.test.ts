import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { placeMediaBuy } from '../../src/commands/place_media_buy.ts'
import { testDesk } from '../support/desk.ts'
import { buy, fulfilmentsOf } from '../support/orders.ts'

const desk = testDesk()
const onHouse = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}
const onScreens = { ...onHouse, product_id: 'screens_gyms', bid_price: 12 }

test('a change of a placed buy is wanted on each of its ad servers and a job is on its way to each', async () => {
  const id = await buy(await desk.buyer(), { packages: [onHouse, onScreens] }, desk.now)
  await desk.runJobs()
  await changed(id, 3)
  expect((await fulfilmentsOf(desk.db, id)).map(({ desired_revision }) => desired_revision)).toEqual([3, 3])
  expect(await jobsOf(id)).toBe(2)
})

test('each change is another revision of the order, also one that leaves the revision of the buy as it is', async () => {
  const id = await buy(await desk.buyer(), {}, desk.now)
  await changed(id, 5)
  await changed(id, 4)
  expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ desired_revision: 6 }])
  expect(await jobsOf(id)).toBe(1)
})

test('a package on an ad server that had none is placed there, unless the buy is over', async () => {
  const id = await buy(await desk.buyer(), {}, desk.now)
  await desk.db
    .updateTable('media_packages')
    .set({ connection_id: 'screens' })
    .where('media_buy_id', '=', id)
    .execute()
  await desk.db.updateTable('media_buys').set({ status: 'canceled' }).where('media_buy_id', '=', id).execute()
  await changed(id, 2)
  expect(await connectionsOf(id)).toEqual(['house'])
  await desk.db.updateTable('media_buys').set({ status: 'active' }).where('media_buy_id', '=', id).execute()
  await changed(id, 3)
  expect(await connectionsOf(id)).toEqual(['house', 'screens'])
})

test('another tenant changes nothing', async () => {
  const id = await buy(await desk.buyer(), {}, desk.now)
  await changed(id, 9, 'somebody_else')
  expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ desired_revision: 1 }])
})

async function changed(media_buy_id: string, revision: number, tenant_id = 'northwind'): Promise<void> {
  await desk.db.transaction().execute((trx) => placeMediaBuy(trx, { tenant_id, media_buy_id, revision }))
}

async function connectionsOf(id: string): Promise<string[]> {
  return (await fulfilmentsOf(desk.db, id)).map(({ connection_id }) => connection_id)
}

async function jobsOf(id: string): Promise<number> {
  const { rows } = await sql`select from graphile_worker._private_jobs job join fulfilments f
    on job.payload ->> 'fulfilment_id' = f.fulfilment_id where f.media_buy_id = ${id}`.execute(desk.db)
  return rows.length
}
