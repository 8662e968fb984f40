import { AdapterError, type AdServerAdapter, type Connection } from '../adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { checkConnection } from './check.ts'
import { openClient } from './client.ts'
import { parseServiceAccount, parseSettings } from './config.ts'
import { planFulfilment } from './plan.ts'
import { openReferences } from './references.ts'
import { executeStep, reconcileStep } from './steps.ts'
import { overlayFields } from './targeting/overlay.ts'
import { openTransport } from './transport.ts'

const capabilities: Omit<Capabilities, 'answer_lag_seconds'> = {
  pricing_models: ['cpm', 'vcpm', 'cpc', 'flat_rate', 'time'],
  delivery_types: ['guaranteed', 'non_guaranteed'],
  targeting: overlayFields,
  pacing: ['even', 'asap', 'front_loaded'],
  bids: true,
  package_flights: true,
  approval: 'polled',
  changes: [],
  calls_per_second: null,
}

/** Google Ad Manager over SOAP, as a service account of the publisher's network. */
export function connect({ settings, secret }: Connection): AdServerAdapter {
  const parsed = parseSettings(settings)
  const account = parseServiceAccount(secret)
  const client = openClient(openTransport(parsed, account))
  const scope = `${parsed.base_url} ${parsed.network_code} ${account.client_email}`
  const network = { client, settings: parsed, references: openReferences(client, scope) }
  const able: Capabilities = { ...capabilities, answer_lag_seconds: parsed.answer_lag_seconds }
  return {
    capabilities: able,
    planChange: ({ kind }) => {
      throw new AdapterError('permanent', 'unsupported_change', `Google Ad Manager cannot be told to ${kind}`)
    },
    planFulfilment: (buy) => planFulfilment(buy, parsed, able),
    executeStep: (step, done, call) => executeStep(network, step, done, call),
    reconcileStep: (step, done, call) => reconcileStep(network, step, done, call),
    check: (sold, call) => checkConnection(network, sold, call),
  }
}
