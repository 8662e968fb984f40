import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { download, DownloadError, type DownloadOptions } from '../../src/outbound/download.ts'
import { assetDownload } from '../../src/tasks/download_asset.ts'

const asked: string[] = []
const answers: Readonly<Record<string, RequestListener>> = {
  '/banner.png': (_in, out) => out.end('a picture'),
  '/large.png': (_in, out) => out.end(Buffer.alloc(5000)),
  '/moved.png': (_in, out) => out.writeHead(302, { location: '/banner.png' }).end(),
  '/round.png': (_in, out) => out.writeHead(302, { location: '/round.png' }).end(),
  '/inside.png': (_in, out) => out.writeHead(302, { location: 'https://inside.example/secrets' }).end(),
  '/busy.png': (_in, out) => out.writeHead(503).end(),
  '/broken.png': (_in, out) => {
    out.writeHead(200, { 'content-length': '100' }).write('half')
    setImmediate(() => out.destroy())
  },
  '/silent.png': () => {},
}
let server: Server
let host: string
beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    asked.push(incoming.url ?? '')
    const answer = answers[incoming.url ?? ''] ?? ((_in, out) => out.writeHead(404).end())
    answer(incoming, outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const fetched = (path: string, options: Partial<DownloadOptions> = {}) =>
  download(path.includes(':') ? path : host + path, {
    mostBytes: 1000,
    allowLoopback: true,
    signal: AbortSignal.timeout(5000),
    resolve: (name) => Promise.resolve([name === 'inside.example' ? '10.0.0.7' : '127.0.0.1']),
    ...options,
  })

describe('a file of a stranger', () => {
  test('is fetched, also where it has moved', async () => {
    expect((await fetched('/banner.png')).toString()).toBe('a picture')
    expect((await fetched('/moved.png')).toString()).toBe('a picture')
  })

  test.each([
    ['/gone.png', true, 'HTTP 404'],
    ['/large.png', true, 'larger than 1 kB'],
    ['/round.png', true, 'more than 3 redirects'],
    ['/inside.png', true, '10.0.0.7 is not public'],
    ['/busy.png', false, 'HTTP 503'],
    ['/broken.png', false, 'no answer'],
    ['file:///etc/passwd', true, 'only https'],
    ['http://inside.example/', true, '10.0.0.7 is not public'],
    ['http://:/', true, 'no address'],
  ])('%s cannot be had; asking again would not help: %s', async (path, lasting, why) => {
    const error = await fetched(path).catch((one: unknown) => one)
    expect(error).toBeInstanceOf(DownloadError)
    expect(error).toMatchObject({ lasting, message: expect.stringContaining(why) })
  })

  test('is never fetched from this machine unless a developer says so', async () => {
    const before = asked.length
    const error = await fetched('/banner.png', { allowLoopback: false }).catch((one: unknown) => one)
    expect(error).toMatchObject({ lasting: true, message: expect.stringContaining('only https') })
    expect(asked).toHaveLength(before)
  })

  test('is given up when its host says nothing', async () => {
    const error = await fetched('/silent.png', { signal: AbortSignal.timeout(50) }).catch(
      (one: unknown) => one,
    )
    expect(error).toMatchObject({ lasting: false, message: 'no answer in time' })
  })

  test('is an outcome to adapters, whatever becomes of it', async () => {
    const limits = { most_bytes: 1000, signal: AbortSignal.timeout(5000) }
    expect(await assetDownload(true)(`${host}/banner.png`, limits)).toMatchObject({ type: 'file' })
    expect(await assetDownload(false)(`${host}/banner.png`, limits)).toMatchObject({
      type: 'unavailable',
      lasting: true,
    })
  })
})
