import type { AdServerKind } from '../ad_server_kinds.ts'
import {
  AdapterError,
  type AdServerAdapter,
  type Call,
  type ConnectAdapter,
  type Connection,
  type Setup,
  type Sold,
  type Survey,
} from './adapter.ts'
import { connect as adcpMock } from './adcp_mock/index.ts'
import { setup as setUpAdcpMock } from './adcp_mock/setup.ts'
import { connect as broadstreet } from './broadstreet/index.ts'
import { setup as setUpBroadstreet } from './broadstreet/setup.ts'
import { connect as googleAdManager } from './google_ad_manager/index.ts'
import { setup as setUpGoogleAdManager } from './google_ad_manager/setup.ts'
import { connect as kevel } from './kevel/index.ts'
import { setup as setUpKevel } from './kevel/setup.ts'
import { describeKind } from './kinds.ts'
import { connect as simulated } from './simulated/index.ts'
import { setup as setUpSimulated } from './simulated/setup.ts'

const adapters = new Map<string, { connect: ConnectAdapter; setup: Setup }>([
  ['google_ad_manager', { connect: googleAdManager, setup: setUpGoogleAdManager }],
  ['kevel', { connect: kevel, setup: setUpKevel }],
  ['broadstreet', { connect: broadstreet, setup: setUpBroadstreet }],
  ['adcp_mock', { connect: adcpMock, setup: setUpAdcpMock }],
  ['simulated', { connect: simulated, setup: setUpSimulated }],
])

/** Every ad server a connection can be made to, as people who connect one are asked about it. */
export const adServerKinds: readonly AdServerKind[] = [...adapters].map(([kind, { setup }]) =>
  describeKind(kind, setup),
)

/** Opens a connection to an ad server. @throws AdapterError('config') for a kind or settings it cannot work with. */
export function connectAdapter(kind: string, connection: Connection): AdServerAdapter {
  return adapterOf(kind).connect(connection)
}

/** How it is to connect there, finished or not. Reads only. @throws AdapterError */
export async function survey(kind: string, connection: Connection, sold: Sold, call: Call): Promise<Survey> {
  const { connect, setup } = adapterOf(kind)
  if (setup.survey) return setup.survey(connection, sold, call)
  const adapter = connect(connection)
  if (adapter.check) return { findings: await adapter.check(sold, call), choices: {} }
  const text = 'there is nothing to be verified'
  return { findings: [{ ok: true, subject: 'connection', text }], choices: {} }
}

function adapterOf(kind: string) {
  const adapter = adapters.get(kind)
  if (adapter) return adapter
  const message = `There is no ad server of kind ${kind}. Known kinds: ${[...adapters.keys()].sort().join(', ')}`
  throw new AdapterError('config', 'unknown_ad_server', message)
}
