import { busyAdServers } from './busy_ad_servers.ts'
import { busyApprovals } from './busy_approvals.ts'
import { busyBuyers } from './busy_buyers.ts'
import { busyPeople } from './busy_people.ts'
import { busyCreatives } from './busy_creatives.ts'
import { busyMediaBuys } from './busy_media_buys.ts'
import { aPurchase, type Args, type TestBuyer, type TestDesk } from './desk.ts'

/** A day at Northwind, so that every page has something to show: purchases that wait, run and were refused. */
export async function aBusyDay(desk: TestDesk): Promise<TestBuyer> {
  const buyer = await desk.buyer()
  const person = { product_id: 'news_billboard', pricing_option_id: 'cpm_gbp_fixed', bid_price: undefined }
  for (const budget of [12_000, 30_000]) await buy({ ...person, budget })
  for (const budget of [900, 4000]) await buy({ budget })
  await busyApprovals(desk, buyer)
  await desk.runJobs()
  await busyBuyers(desk)

  await busyCreatives(desk, buyer)
  await busyMediaBuys(desk, buyer)
  await busyAdServers(desk)
  await busyPeople(desk)
  return buyer

  async function buy(item: Args) {
    const { isError, texts } = await buyer.call('create_media_buy', aPurchase({ package: item }, desk.now))
    if (isError) throw new Error(`not bought: ${texts.join(' ')}`)
  }
}
