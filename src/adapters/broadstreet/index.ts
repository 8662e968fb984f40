import { parseApiKey, type AdServerAdapter, type Connection } from '../adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { checkConnection } from './check.ts'
import { openClient } from './client.ts'
import { parseSettings } from './config.ts'
import { planFulfilment } from './plan.ts'
import { planChange } from './plan_change.ts'
import { readNetwork, readPage, reads } from './read.ts'
import { readReport, startReport } from './report.ts'
import { readStatus } from './status.ts'
import { executeStep, reconcileStep } from './steps.ts'

const capabilities: Omit<Capabilities, 'answer_lag_seconds' | 'calls_per_second'> = {
  pricing_models: ['cpm', 'flat_rate'],
  delivery_types: ['guaranteed', 'non_guaranteed'],
  // zones belong to a product, and Broadstreet targets by nothing a buyer could ask for
  targeting: [],
  pacing: ['even', 'asap'],
  // it knows no prices, so a higher bid would get nothing for its money
  bids: false,
  package_flights: true,
  approval: 'none',
  changes: [
    'pause',
    'resume',
    'cancel',
    'add_package',
    'cancel_package',
    'budget',
    'impressions',
    'dates',
    'pacing',
    'add_creatives',
    'remove_creatives',
  ],
  reads,
  picks: { ad_units: { field: 'zone_ids', ids: 'number' } },
  reports: 'days',
  report_lag_minutes: 60,
  stats_lag_minutes: 60,
}

/** Broadstreet over its REST API: a campaign for each package, with advertisements placed in zones. */
export function connect({ settings, secret, fetch }: Connection): AdServerAdapter {
  const parsed = parseSettings(settings)
  const client = openClient(parsed, parseApiKey(secret), fetch)
  const { answer_lag_seconds, calls_per_second } = parsed
  const order_page = orderPage(parsed.network_id)
  const able: Capabilities = { ...capabilities, answer_lag_seconds, calls_per_second, order_page }
  return {
    capabilities: able,
    planFulfilment: (buy) => planFulfilment(buy, parsed, able),
    planChange: (change, buy) => planChange(change, buy, parsed),
    executeStep: (step, done, call) => executeStep(client, step, done, call),
    reconcileStep: (step, done, call) => reconcileStep(client, step, done, call),
    readNetwork: (call) => readNetwork(client, parsed, call),
    readPage: (kind, question, call) => readPage(client, kind, question, call),
    readStatus: (orderIds, call) => readStatus(client, parsed, orderIds, call),
    startReport: (question, call) => startReport(client, question, call),
    check: (sold, call) => checkConnection(client, parsed, sold, call),
    readReport: (handle, call) => readReport(client, parsed, handle, call),
  }
}

/** What the API calls the path of a campaign, where the vendor's own plugin and examples open paths (broadstreet-wp, creative.json). */
const orderPage = (network_id: number) =>
  `https://my.broadstreetads.com/networks/${network_id}/advertisers/{advertiser}/campaigns/{order}`
