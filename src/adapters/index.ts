import { AdapterError, type AdServerAdapter, type ConnectAdapter, type Connection } from './adapter.ts'
import { connect as adcpMock } from './adcp_mock/index.ts'
import { connect as broadstreet } from './broadstreet/index.ts'
import { connect as googleAdManager } from './google_ad_manager/index.ts'
import { connect as kevel } from './kevel/index.ts'
import { connect as simulated } from './simulated/index.ts'

const adapters = new Map<string, ConnectAdapter>([
  ['adcp_mock', adcpMock],
  ['broadstreet', broadstreet],
  ['google_ad_manager', googleAdManager],
  ['kevel', kevel],
  ['simulated', simulated],
])

/** Every ad server a connection can be made to, as adapter_configs.kind names it. */
const adapterKinds: readonly string[] = [...adapters.keys()]

/** Opens a connection to an ad server. @throws AdapterError('config') for a kind or settings it cannot work with. */
export function connectAdapter(kind: string, connection: Connection): AdServerAdapter {
  const connect = adapters.get(kind)
  if (connect) return connect(connection)
  const message = `There is no ad server of kind ${kind}. Known kinds: ${adapterKinds.join(', ')}`
  throw new AdapterError('config', 'unknown_ad_server', message)
}
