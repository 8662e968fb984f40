import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { DownloadOptions } from '../../src/outbound/download.ts'
import { fetchPublic } from '../../src/outbound/fetch_public.ts'
import { publicFetch } from '../../src/outbound/public_fetch.ts'

let reached: string[] = []
const server = createServer((incoming, outgoing) => {
  reached.push(incoming.headers.host ?? '')
  if (incoming.url === '/elsewhere')
    return void outgoing.writeHead(307, { location: 'http://10.0.0.7/' }).end()
  outgoing.end('x'.repeat(Number(incoming.url?.slice(1)) || 2))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  reached = []
})

/** The two ways in which a stranger is asked; both give the body. */
const ways: Record<string, (url: string, options: DownloadOptions) => Promise<string>> = {
  'the fetch for libraries': async (url, options) => (await publicFetch(options)(url)).text(),
  'a plain get': async (url, options) => (await fetchPublic(url, {}, options)).text,
}

describe.each(Object.entries(ways))('%s', (_way, get) => {
  /** What a name server says, answer by answer; the last for ever. */
  const ask = (path: string, answers: string[][], options: Partial<DownloadOptions> = {}) => {
    let lookups = 0
    const resolve = () => Promise.resolve(answers[Math.min(lookups++, answers.length - 1)] ?? [])
    const signal = AbortSignal.timeout(5000)
    return get(`http://stranger.example:${port}${path}`, {
      ...{ mostBytes: 1000, allowLoopback: true, signal, resolve },
      ...options,
    })
  }

  test('connects to the address that was checked, under the name it was asked for, and asks no name server again', async () => {
    expect(await ask('/2', [['127.0.0.1'], ['10.0.0.7']])).toBe('xx')
    expect(reached).toEqual([`stranger.example:${port}`])
  })

  test.each([
    ['a private network', ['10.0.0.7']],
    ['cloud metadata', ['169.254.169.254']],
    ['this machine by another number', ['127.0.0.2']],
    ['this machine in IPv6, mapped', ['::ffff:127.0.0.1']],
    ['one that is not public among others', ['127.0.0.1', '192.168.1.1']],
    ['none', []],
  ])('never connects where a name leads to %s', async (_where, addresses) => {
    await expect(ask('/2', [addresses])).rejects.toThrow(/not public|no address/)
    expect(reached).toEqual([])
  })

  test('speaks to this machine, and http, only while that is allowed for development', async () => {
    await expect(ask('/2', [['127.0.0.1']], { allowLoopback: false })).rejects.toThrow('only https is spoken')
    await expect(ask('/2', [['8.8.8.8']])).rejects.toThrow('only https is spoken')
    const secure = ways['a plain get']?.(`https://stranger.example:${port}/`, {
      ...{ mostBytes: 1000, allowLoopback: false, signal: AbortSignal.timeout(5000) },
      resolve: () => Promise.resolve(['127.0.0.1']),
    })
    await expect(secure).rejects.toThrow('127.0.0.1 is not public')
    expect(reached).toEqual([])
  })

  test('follows no redirect', async () => {
    expect(await ask('/elsewhere', [['127.0.0.1']])).toBe('')
    expect(reached).toHaveLength(1)
  })

  test('reads no more than it was told', async () => {
    expect(await ask('/1000', [['127.0.0.1']])).toHaveLength(1000)
    await expect(ask('/1001', [['127.0.0.1']])).rejects.toThrow(/more than/)
  })

  test('waits for no name server that is silent', async () => {
    const resolve = () => new Promise<string[]>(() => {})
    await expect(ask('/2', [], { resolve, signal: AbortSignal.timeout(20) })).rejects.toThrow(
      'not waited for',
    )
  })
})

test('all answers of one fetch together take no more than it was told', async () => {
  const signal = AbortSignal.timeout(5000)
  const fetch = publicFetch({ mostBytes: 1000, allowLoopback: true, signal })
  const url = (size: number) => `http://127.0.0.1:${port}/${size}`
  expect(await (await fetch(url(600))).text()).toHaveLength(600)
  await expect(fetch(url(600)).then((answer) => answer.text())).rejects.toThrow('more than')
  expect(await (await fetch(url(300))).text()).toHaveLength(300)
})
