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
import { overlayFields } from './targeting.ts'

const capabilities: Omit<Capabilities, 'answer_lag_seconds' | 'calls_per_second'> = {
  // the revenue of flat rates is not in Kevel's reports (dev.kevel.com/docs/flight-list-columns)
  pricing_models: ['cpm', 'cpc'],
  delivery_types: ['guaranteed', 'non_guaranteed'],
  targeting: overlayFields,
  pacing: ['even'],
  bids: true,
  package_flights: true,
  approval: 'none',
  // the targeting of a flight that stands is changed place by place, which is not one write
  changes: [
    'pause',
    'resume',
    'cancel',
    'add_package',
    'cancel_package',
    'budget',
    'impressions',
    'dates',
    'bid_price',
    'add_creatives',
    'remove_creatives',
  ],
  reads,
  reports: 'days',
  report_lag_minutes: 60,
  picks: { ad_units: { field: 'site_zones', levels: { site: 'site_id', zone: 'zone_id' } } },
}

/** Kevel (formerly Adzerk) over its Management API: a campaign for each order, a flight for each line item. */
export function connect({ settings, secret, fetch }: Connection): AdServerAdapter {
  const parsed = parseSettings(settings)
  const client = openClient(parsed, parseApiKey(secret), fetch)
  const { answer_lag_seconds, calls_per_second } = parsed
  const able: Capabilities = {
    ...capabilities,
    answer_lag_seconds,
    calls_per_second,
    order_page: orderPage(parsed.network_id),
  }
  return {
    capabilities: able,
    planFulfilment: (buy) => planFulfilment(buy, parsed, able),
    planChange: (change, buy) => planChange(change, buy, parsed),
    executeStep: (step, done, call) => executeStep(client, step, done, call),
    reconcileStep: (step, done, call) => reconcileStep(client, step, done, call),
    readNetwork: (call) => readNetwork(client, parsed, call),
    readPage: (kind, question, call) => readPage(client, parsed, kind, question, call),
    readStatus: (orderIds, call) => readStatus(client, orderIds, call),
    startReport: (question, call) => startReport(client, question, call),
    check: (sold, call) => checkConnection(client, parsed, sold, call),
    readReport: (handle, call) => readReport(client, parsed.currency, handle, call),
  }
}

/** A campaign with its flights in Kevel's own pages, as people who use them link to it; Kevel documents no address. */
const orderPage = (network_id: number) => `https://app.kevel.co/#!/${network_id}/campaign/{order}/flights/`
