import { parseApiKey, type AdServerAdapter, type Connection } from '../adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { openClient } from './client.ts'
import { parseSettings } from './config.ts'
import { forecast } from './forecast.ts'
import { planChange, planFulfilment } from './plan.ts'
import { readPage, readStatus, reads } from './read.ts'
import { executeStep, reconcileStep } from './steps.ts'

const capabilities: Omit<Capabilities, 'calls_per_second'> = {
  pricing_models: ['cpm'],
  delivery_types: ['guaranteed', 'non_guaranteed'],
  // it takes ad units only, and those belong to a product, not to a buyer
  targeting: [],
  pacing: ['even'],
  bids: false,
  package_flights: false,
  approval: 'polled',
  // it has no route for anything else
  changes: ['add_package', 'add_creatives'],
  // an order may well turn up late, but then sending it again under its key gives back the same one
  answer_lag_seconds: 0,
  reads,
  // whatever was booked, it says the same
  forecasts: 'all',
  picks: { ad_units: { field: 'ad_unit_targeting', ids: 'text' } },
}

/** The ad server of `@adcp/sdk/mock-server`, specialism sales-guaranteed: HTTP with idempotency keys and approvals. */
export function connect({ settings, secret, fetch }: Connection): AdServerAdapter {
  const parsed = parseSettings(settings)
  const client = openClient(parsed, parseApiKey(secret), fetch)
  const able: Capabilities = { ...capabilities, calls_per_second: parsed.calls_per_second }
  return {
    capabilities: able,
    planFulfilment: (buy) => planFulfilment(buy, parsed, able),
    planChange: (change, buy) => planChange(change, buy, parsed),
    executeStep: (step, done, call) => executeStep(client, step, done, call, parsed.poll_interval_ms),
    readPage: (kind, question, call) => readPage(client, kind, question, call),
    readStatus: (orderIds, call) => readStatus(client, orderIds, call),
    reconcileStep: (step, done, call) => reconcileStep(client, step, done, call),
    forecast: (question, call) => forecast(client, question, call),
  }
}
