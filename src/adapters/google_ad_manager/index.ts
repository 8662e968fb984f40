import type { AdServerAdapter, Connection } from '../adapter.ts'
import { changes, type Capabilities } from '../../capabilities.ts'
import { checkConnection } from './check.ts'
import { openClient } from './client.ts'
import { parseServiceAccount, parseSettings } from './config.ts'
import { forecast } from './forecast.ts'
import { planFulfilment } from './plan.ts'
import { planChange } from './plan_change.ts'
import { openPages } from './read/pages.ts'
import { readObjections } from './read/objections.ts'
import { readStatus } from './read/status.ts'
import { readNetwork, readPage, reads } from './read.ts'
import { openReferences } from './references.ts'
import { readReport, startReport } from './report.ts'
import { executeStep, reconcileStep } from './steps.ts'
import { overlayFields } from './targeting/overlay.ts'
import { openTransport } from './transport.ts'

const capabilities: Omit<Capabilities, 'answer_lag_seconds' | 'calls_per_second' | 'report_lag_minutes'> = {
  pricing_models: ['cpm', 'vcpm', 'cpc', 'flat_rate', 'time'],
  delivery_types: ['guaranteed', 'non_guaranteed'],
  targeting: overlayFields,
  pacing: ['even', 'asap', 'front_loaded'],
  bids: true,
  package_flights: true,
  approval: 'polled',
  // how often each creative is shown is not ours to say: Google shows all of a line item evenly
  changes: changes.filter((one) => one !== 'creative_weights'),
  reads,
  reports: 'hours',
  // support.google.com/admanager/answer/79229
  stats_lag_minutes: 15,
}

/** Google Ad Manager over SOAP, as a service account of the publisher's network. */
export function connect({ settings, secret, download, fetch }: Connection): AdServerAdapter {
  const parsed = parseSettings(settings)
  const account = parseServiceAccount(secret)
  const transport = openTransport(parsed, account, fetch)
  const client = openClient(transport)
  const scope = `${parsed.base_url} ${parsed.network_code} ${account.client_email}`
  const network = {
    client,
    settings: parsed,
    download,
    references: openReferences(client, scope, parsed.region_ids),
  }
  const readable = { pages: openPages(transport), references: network.references }
  const reports = { transport, fetch, references: network.references, settings: parsed }
  const { answer_lag_seconds, calls_per_second, report_lag_minutes } = parsed
  // a publisher that books more than is there, or does not look, is not limited by what is there
  const forecasts = parsed.overbook || parsed.skip_inventory_check ? {} : { forecasts: 'left' as const }
  const able: Capabilities = {
    ...capabilities,
    ...forecasts,
    answer_lag_seconds,
    calls_per_second,
    report_lag_minutes,
    order_page: orderPage(parsed.network_code),
    picks: {
      ad_units: { field: 'ad_unit_ids', ids: 'text' },
      placements: { field: 'placement_ids', ids: 'text' },
    },
  }
  return {
    capabilities: able,
    planChange: (change, buy) => planChange(change, buy, parsed),
    planFulfilment: (buy) => planFulfilment(buy, parsed, able),
    executeStep: (step, done, call) => executeStep(network, step, done, call),
    reconcileStep: (step, done, call) => reconcileStep(network, step, done, call),
    forecast: (question, call) => forecast(network, question, call),
    readNetwork: (call) => readNetwork(readable, call),
    readPage: (kind, question, call) => readPage(readable, kind, question, call),
    readStatus: (orderIds, call) => readStatus(readable.pages, orderIds, call),
    readObjections: (creativeIds, call) => readObjections(client, creativeIds, call),
    startReport: (question, call) => startReport(reports, question, call),
    readReport: (handle, call) => readReport(reports, handle, call),
    check: (sold, call) => checkConnection(network, sold, call),
  }
}

const orderPage = (network_code: string) =>
  `https://admanager.google.com/${network_code}#delivery/order/order_overview/order_id={order}`
