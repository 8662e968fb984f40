import { createServer, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { AdapterError, type AdServerAdapter, type Connection } from '../../src/adapters/adapter.ts'
import { connectAdapter, survey } from '../../src/adapters/index.ts'
import { faultWords } from '../../src/blocks/fault_words.ts'
import { download } from '../../src/outbound/download.ts'
import { fetchPublic } from '../../src/outbound/fetch_public.ts'
import { guardedFetch } from '../../src/outbound/guarded_fetch.ts'
import { publicFetch } from '../../src/outbound/public_fetch.ts'
import { faultOf } from '../../src/tasks/slack/fault.ts'
import { voiceOf } from '../../src/tasks/slack/voice.ts'
import { send } from '../../src/webhooks/send.ts'
import { noDownload } from '../support/buyers_files.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'

/** What stands inside and must not be reached: it listens on this machine, on IPv4 and IPv6, and remembers who came. */
let reached: string[] = []
const inside = async (host: string): Promise<Server> => {
  const server = createServer((request, response) => {
    reached.push(`${request.method} ${request.headers.host}${request.url}`)
    if (request.url?.startsWith('/moved')) response.writeHead(302, { location: `http://127.0.0.1:${port}/` })
    response.end('{}')
  })
  server.on('connection', () => reached.push('a connection'))
  await new Promise<void>((listening) => server.listen(host === '::1' ? port : 0, host, listening))
  return server
}
let port = 0
const four = await inside('127.0.0.1')
port = (four.address() as AddressInfo).port
const six = await inside('::1')
const google = await startFakeGoogle()
afterAll(() => {
  for (const server of [four, six]) server.closeAllConnections()
  return Promise.all([
    google.close(),
    ...[four, six].map((one) => new Promise((closed) => one.close(closed))),
  ])
})
beforeEach(() => {
  reached = []
})

const addresses = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.2', '0.0.0.0', '0'],
  ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]'],
  ...[
    '10.0.0.7',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '[fe80::1]',
    '[fd00:ec2::254]',
  ],
  ...['localhost', 'LocalHost', '224.0.0.1', '255.255.255.255'],
]
/** Names of somebody else's, and what a name server says of them; the last stands for names that say one thing and then another. */
const names: Record<string, string[]> = {
  'metadata.example': ['169.254.169.254'],
  'database.example': ['10.0.0.5'],
  'loopback.example': ['127.0.0.1'],
  'six.example': ['::1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'both.example': ['93.184.216.34', '127.0.0.1'],
  'nothing.example': [],
}
const lookUp: LookupFunction = (host, _options, found) =>
  found(
    null,
    (names[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  )
const resolve = (host: string) =>
  names[host] ? Promise.resolve(names[host]) : Promise.reject(new Error(`nobody asked for ${host}`))
const signal = AbortSignal.timeout(60_000)

/** An ad server connection as a publisher's admin may write it. */
const connection = (settings: object, secret: string, names?: LookupFunction) => ({
  ...{ connection_id: 'theirs', settings, secret, download: noDownload, books: undefined as never },
  fetch: names ? guardedFetch([], names) : guardedFetch([]),
})
const asked = (adapter: AdServerAdapter) =>
  adapter.readStatus?.(['1'], { signal, attempt: 1 }) ?? Promise.reject(new Error())

/** Every address that somebody else writes down and we then go to: how to go there. */
const doors: Record<string, (url: string, name: boolean) => Promise<unknown>> = {
  'a webhook of a buyer': (url, name) =>
    send({ url, headers: {}, body: '{}' }, { allowLoopback: false, signal, ...(name && { resolve }) }),
  'a file of a creative': (url, name) =>
    download(url, { mostBytes: 1000, allowLoopback: false, signal, ...(name && { resolve }) }),
  'an adagents.json': (url, name) =>
    fetchPublic(url, {}, { mostBytes: 1000, allowLoopback: false, signal, ...(name && { resolve }) }),
  'a creative agent': (url, name) =>
    publicFetch({ mostBytes: 1000, allowLoopback: false, signal, ...(name && { resolve }) })(url),
  'an incoming webhook of Slack': async (url, name) => {
    const fetch = guardedFetch(['slack.example'], name ? lookUp : undefined)
    const voice = await voiceOf({ way: 'incoming_webhook', url, escalation_url: null }, { apiUrl: '', fetch })
    const said = { text: 'Orders wait', blocks: [] }
    const to = { channel_id: 'channel', mark: { tenant_id: 'theirs', notice_id: '1' } }
    await voice.post(said, to).catch((error: unknown) => {
      throw new Error(faultWords(faultOf(error).code))
    })
  },
  Kevel: (base_url, name) => {
    const settings = { base_url, network_id: 1, currency: 'USD' }
    return asked(connectAdapter('kevel', connection(settings, 'key', name ? lookUp : undefined)))
  },
  Broadstreet: (base_url, name) => {
    const settings = { base_url, network_id: 1, currency: 'USD', time_zone: 'UTC' }
    return asked(connectAdapter('broadstreet', connection(settings, 'key', name ? lookUp : undefined)))
  },
  'the ad server of AdCP’s mock': (base_url, name) => {
    const settings = { base_url, network_code: 'x' }
    return asked(connectAdapter('adcp_mock', connection(settings, 'key', name ? lookUp : undefined)))
  },
  'Google Ad Manager': (base_url, name) => {
    const fetch = guardedFetch([new URL(google.url).host], name ? lookUp : undefined)
    return surveyed({ ...connection({ base_url }, google.serviceAccount), fetch })
  },
  'where a Google key says that tokens come from': (token_uri, name) => {
    const key = { ...(JSON.parse(google.serviceAccount) as object), token_uri }
    return surveyed(connection({}, JSON.stringify(key), name ? lookUp : undefined))
  },
}
/** What is found of a network, as an error. */
async function surveyed(theirs: Connection) {
  const { findings } = await survey(
    'google_ad_manager',
    theirs,
    { currencies: [], products: [] },
    { signal, attempt: 1 },
  )
  throw new Error(findings.map(({ text }) => text).join())
}
const refused = /not public|only https|not https on the public internet|no address/

describe.each(Object.entries(doors))('%s', (_door, go) => {
  test('leads nowhere inside, however the address is written', async () => {
    for (const scheme of ['https', 'http'])
      for (const host of addresses) {
        const said = await go(`${scheme}://${host}:${port}/x`, false).catch((error: unknown) => saidBy(error))
        expect([host, said]).toEqual([host, expect.stringMatching(refused)])
      }
    expect(reached).toEqual([])
  })

  test('leads nowhere inside by a name, even if one of its addresses is public', async () => {
    for (const host of Object.keys(names)) {
      const said = await go(`https://${host}:${port}/x`, true).catch((error: unknown) => saidBy(error))
      expect([host, said]).toEqual([host, expect.stringMatching(refused)])
    }
    expect(reached).toEqual([])
  })
})

function saidBy(error: unknown): string {
  const { message, cause } = error as Error
  return [message, (cause as Error | undefined)?.message].join(' ')
}

describe('a host the operator allows inside', () => {
  const fetch = guardedFetch([`127.0.0.1:${port}`])

  test('is reached by exactly that name and port', async () => {
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
    reached = []
    for (const other of [
      `http://127.0.0.1:${port + 1}/`,
      `http://localhost:${port}/`,
      `http://[::1]:${port}/`,
    ])
      await expect(fetch(other)).rejects.toThrow('fetch failed')
    expect(reached).toEqual([])
    expect((await guardedFetch(['[::1]'])(`http://[::1]:${port}/`)).status).toBe(200)
  })

  test('is not followed to where it points', async () => {
    const base_url = `http://127.0.0.1:${port}/moved`
    const kevel = connectAdapter('kevel', {
      ...connection({ base_url, network_id: 1, currency: 'USD' }, 'key'),
      fetch,
    })
    const error = await asked(kevel).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AdapterError)
    expect(reached.filter((one) => one !== 'a connection').every((one) => one.includes('/moved'))).toBe(true)
  })
})

test('a name that was public when it was looked at first is looked at again with each connection', async () => {
  const answers = [['93.184.216.34'], ['127.0.0.1']]
  let lookups = 0
  const changing: LookupFunction = (_host, _options, found) =>
    found(
      null,
      (answers[Math.min(lookups++, 1)] ?? []).map((address) => ({ address, family: 4 })),
    )
  const fetch = guardedFetch([], changing)
  // nobody answers there: the first connection is given up, the second must not be made
  await fetch(`https://turns.example:${port}/`, { signal: AbortSignal.timeout(200) }).catch(() => undefined)
  const error = await fetch(`https://turns.example:${port}/`).catch((thrown: unknown) => thrown)
  expect([lookups, saidBy(error)]).toEqual([2, expect.stringContaining('127.0.0.1 is not public')])
  expect(reached).toEqual([])
})
