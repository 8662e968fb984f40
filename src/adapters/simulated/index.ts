import type { AdServerAdapter, Connection } from '../adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import type { Books } from './books.ts'
import { openAdServer } from './client.ts'
import { parseSettings } from './config.ts'
import { forecast } from './forecast.ts'
import { planChange, planFulfilment } from './plan.ts'
import { readPage, reads, type Shelf } from './read_page.ts'
import { readReport, readStatus, startReport } from './reading.ts'
import { executeStep, reconcileStep } from './steps.ts'

const capabilities: Omit<Capabilities, 'answer_lag_seconds' | 'changes' | 'calls_per_second'> = {
  pricing_models: ['cpm', 'vcpm', 'cpc', 'cpcv', 'cpv', 'cpp', 'cpa', 'flat_rate', 'time'],
  delivery_types: ['guaranteed', 'non_guaranteed'],
  targeting: [
    'geo_countries',
    'geo_countries_exclude',
    'geo_regions',
    'geo_regions_exclude',
    'geo_metros',
    'geo_metros_exclude',
    'geo_postal_areas',
    'geo_postal_areas_exclude',
    'daypart_targets',
    'frequency_cap',
    'device_platform',
    'device_type',
    'device_type_exclude',
    'language',
    'audience_include',
    'audience_exclude',
    'property_list',
    'collection_list',
    'collection_list_exclude',
  ],
  pacing: ['even', 'asap', 'front_loaded'],
  bids: true,
  package_flights: true,
  approval: 'polled',
  reads,
  reports: 'hours',
}

/** An ad server that exists only in the schema `simulated` and misbehaves the way its products ask it to. */
export function connect({ connection_id, settings, books }: Connection): AdServerAdapter {
  const parsed = parseSettings(settings)
  const shelf: Shelf = { books: books as Books, network: connection_id, settings: parsed }
  const server = openAdServer(books as Books, connection_id)
  // 0 by default: the ad server runs within the call, so when the call or its process has ended nothing more can happen
  const { answer_lag_seconds, changes, calls_per_second } = parsed
  const forecasts = Object.keys(parsed.inventory).length > 0 ? { forecasts: 'left' as const } : {}
  const able: Capabilities = { ...capabilities, ...forecasts, answer_lag_seconds, changes, calls_per_second }
  return {
    capabilities: able,
    planFulfilment: (buy) => planFulfilment(buy, parsed, able),
    planChange,
    executeStep: (step, done, call) => executeStep(server, step, done, call),
    readPage: (kind, question, call) => readPage(shelf, kind, question, call),
    reconcileStep: (step, done, call) => reconcileStep(server, step, done, call),
    forecast: (question, call) => forecast(server, parsed, question, call),
    readNetwork: () =>
      Promise.resolve({
        network_id: connection_id,
        name: 'Simulated ad server',
        currencies: [],
        time_zone: 'UTC',
        test: true,
        limits: { reports_per_hour: null, line_items_per_order: null },
      }),
    readStatus: (orderIds, call) => readStatus(server, orderIds, call),
    startReport: (question) => Promise.resolve(startReport(question)),
    readReport: (handle, call) => readReport(server, handle, call),
  }
}
