import { afterAll, beforeAll } from 'vitest'
import type { ApprovedBuy, Change } from '../../src/adapters/adapter.ts'
import { connectTo, heldFor } from '../support/broadstreet/selling.ts'
import { startFakeBroadstreet, type FakeBroadstreet } from '../support/broadstreet/server.ts'
import { faults, startFaultProxy, type Fault, type FaultProxy } from '../support/fault_proxy.ts'
import { approvedBuy, approvedPackage, banner } from './buys.ts'
import { describeAdapter, type Booked } from './conformance.ts'

let broadstreet: FakeBroadstreet
let proxy: FaultProxy
beforeAll(async () => {
  broadstreet = await startFakeBroadstreet()
  proxy = await startFaultProxy(broadstreet.url)
})
afterAll(async () => {
  await proxy.close()
  await broadstreet.close()
})

const answering = (status: number, headers = {}): Fault => ({ forward: false, answer: { status, headers } })
const harms = {
  'lost answer': faults.lostAnswer,
  'turned away': answering(429, { 'retry-after': '7' }),
  refused: answering(422),
  silence: faults.silence,
} satisfies Record<string, Fault>
const suffering = (fault: Fault, method: 'POST' | 'PUT' | 'DELETE') => (buy: ApprovedBuy) => {
  proxy.next(fault, method)
  return buy
}
const verbs = { upload_creative: 'POST', attach_creative: 'POST', detach_creative: 'DELETE' } as const
const verbOf = (kind: Change['kind']) => (kind in verbs ? verbs[kind as keyof typeof verbs] : 'PUT')

describeAdapter('Broadstreet', async () => ({
  adapter: connectTo(proxy.url, broadstreet.token),
  unauthorised: connectTo(proxy.url, 'somebody-elses-token'),
  secret: broadstreet.token,
  resending: 'books twice',
  untold: ['pause_line_item', 'cancel_line_item', 'cancel_order'],
  approvedBuy: () => ({
    ...approvedBuy([aPackage({}), aPackage({ budget: '99.00' })]),
    advertiser_id: '301',
  }),
  // the impressions of a campaign have 31 bits, and no budget may be too small for one either
  withinLimits: (buy) => ({ ...buy, packages: buy.packages.map((pkg) => ({ ...pkg, price: '10' })) }),
  creative: banner,
  booked,
  approve: async () => {},
  faults: {
    'lost answer': suffering(harms['lost answer'], 'POST'),
    'turned away': suffering(harms['turned away'], 'POST'),
    refused: suffering(harms.refused, 'POST'),
    silence: suffering(harms.silence, 'POST'),
  },
  breakChange: (kind, fault, buy) => suffering(harms[fault], verbOf(kind))(buy),
}))

async function booked(buy: ApprovedBuy): Promise<Booked> {
  const { records, campaigns, advertisements, placements } = heldFor(broadstreet, buy)
  return {
    orders: records.length,
    line_items: campaigns.map(({ paused, archived, ...facts }) => ({
      budget: / ([\d.]+) USD /.exec(String(facts['name']))?.[1] ?? '',
      state: archived ? 'canceled' : paused ? 'paused' : 'running',
      shows: placements
        .filter(({ campaign_id }) => campaign_id === facts.id)
        .map(({ advertisement_id }) => ({ creative: String(advertisement_id), weight: null })),
      facts,
    })),
    creatives: advertisements.length,
  }
}

const aPackage = (overrides: Parameters<typeof approvedPackage>[0]) =>
  approvedPackage({ ad_server_config: { zone_ids: [61] }, ...overrides })
