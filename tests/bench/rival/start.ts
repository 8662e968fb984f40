import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { World } from '../../chaos/world.ts'
import { eventually } from '../../support/eventually.ts'
import type { Target } from '../load.ts'

const sdk = join(dirname(createRequire(import.meta.url).resolve('@adcp/sdk/package.json')))
const token = 'a token for the bench'

/** The reference seller of AdCP's SDK as it comes, in memory, with its mock of an ad server: two processes. */
export async function startRival(world: World): Promise<Target> {
  const [upstream, port] = [await freePort(), await freePort()]
  await begin(world, [join(sdk, 'bin/adcp.js'), 'mock-server', 'sales-guaranteed', '--port', `${upstream}`])
  const seller = await begin(
    world,
    ['--import', 'tsx', join(sdk, 'examples/hello_seller_adapter_guaranteed.ts')],
    {
      NODE_ENV: 'development',
      PORT: `${port}`,
      UPSTREAM_URL: `http://127.0.0.1:${upstream}`,
      ADCP_AUTH_TOKEN: token,
    },
  )
  for (const at of [upstream, port]) await eventually(`port ${at} answers`, () => answers(at))
  return { name: "the SDK's seller", url: `http://127.0.0.1:${port}/mcp`, token, pid: seller.pid ?? 0 }
}

/** What a buyer of the SDK's seller may buy there. */
export const aRivalBuy = (idempotency_key: string) => ({
  ...account,
  idempotency_key,
  brand: account.account.brand,
  start_time: '2027-04-01T00:00:00Z',
  end_time: '2027-06-30T00:00:00Z',
  total_budget: { amount: 20_000, currency: 'USD' },
  packages: [
    { product_id: 'acme_dooh_billboards_q2', pricing_option_id: 'cpm_guaranteed_fixed', budget: 20_000 },
  ],
})
export const account = {
  account: { brand: { domain: 'acmeoutdoor.example' }, operator: 'pinnacle-agency.example' },
}
/** For its sandbox: there it waits for its ad server to approve, and answers with what was bought. */
export const inItsSandbox = { account: { ...account.account, sandbox: true } }

const begin = (world: World, args: string[], env: Record<string, string> = {}) =>
  world.begin(
    () =>
      Promise.resolve(
        spawn(process.execPath, args, {
          env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
          stdio: 'ignore',
        }),
      ),
    async (child) => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  )

const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  )

async function freePort(): Promise<number> {
  const socket = createServer()
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve))
  const { port } = socket.address() as AddressInfo
  await new Promise((resolve) => socket.close(resolve))
  return port
}
