import { stringify } from 'yaml'
import { openFrontDesk } from './front_desk.ts'
import { startFakeGoogle } from './server.ts'

// npm run fake-gam: a network of Google Ad Manager to try Salesdesk on, until Ctrl-C. Nothing is kept.
const port = Number(process.argv[2] ?? 8799)
const google = await startFakeGoogle({ port })
const desk = await openFrontDesk(google, port + 1)
const connection = {
  connection_id: 'gam',
  kind: 'google_ad_manager',
  name: 'Google Ad Manager (fake)',
  secret_name: 'SALESDESK_SECRET_GAM',
  settings: { ...google.settings, create_advertisers: true, poll_minutes: 1, answer_lag_seconds: 1 },
}
const ad_server_config = { ad_unit_ids: ['2001'], placeholders: [{ width: 300, height: 250 }] }
const lines = [
  `A Google Ad Manager that exists only here: ${google.url}`,
  '',
  'In the publisher file, among connections:',
  '',
  stringify([connection]),
  'and in a product:',
  '',
  stringify({ connection_id: 'gam', ad_server_config }),
  'In the environment of the worker (it takes USD, EUR and GBP):',
  '',
  `SALESDESK_SECRET_GAM='${google.serviceAccount}'`,
  `AD_SERVER_PRIVATE_HOSTS=${new URL(google.url).hostname}`,
  '',
  `What it holds: curl ${desk.url}`,
  'The next call of an operation goes wrong, and the next order waits twice for a forecast:',
  '',
  `curl ${desk.url}/faults -d '{"operation":"createLineItems","carried_out":true,"answer":"drop"}'`,
  `curl ${desk.url}/faults -d '{"operation":"createOrders","answer":[{"type":"QuotaError","reason":"EXCEEDED_QUOTA"}]}'`,
  `curl ${desk.url}/mind -d '{"noForecast":2}'`,
  '',
  'Other answers: "truncated", "silence", {"status":503}, {"after_ms":5000}. In mind: mayApprove, inventory, policyLabels.',
  'Each call is told here. Ctrl-C ends it.',
]
process.stdout.write(`${lines.join('\n')}\n`)
google.onCall = ({ service, operation, complaints }) =>
  void process.stdout.write(
    `${service}.${operation}${complaints.length > 0 ? ` ${complaints.join(' ')}` : ''}\n`,
  )
