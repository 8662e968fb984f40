import { describe, expect, test } from 'vitest'
import { withSignal } from '../../src/abort.ts'
import { checkedAddresses } from '../../src/outbound/destination.ts'
import { outcomeOf, outcomeOfError } from '../../src/webhooks/outcome.ts'
import { send } from '../../src/webhooks/send.ts'
import { webhookReceiver, type Reply } from '../support/webhook_receiver.ts'

const receiver = webhookReceiver()

/** One webhook to a buyer that treats it so, and what becomes of it. */
async function post(
  path: string,
  reply: Reply,
  { allowLoopback = true, base = receiver.url, ms = 2000 } = {},
) {
  receiver.replies(reply)
  const sending = { url: `${base}${path}`, headers: { 'content-type': 'application/json' }, body: '{}' }
  try {
    return await withSignal([], ms, async (signal) =>
      outcomeOf(await send(sending, { allowLoopback, signal })),
    )
  } catch (error) {
    return outcomeOfError(error)
  }
}

describe('a buyer’s server that', () => {
  test('takes the webhook ends it', async () => {
    expect(await post('/ok', 204)).toEqual({ type: 'delivered', http_status: 204, result: 'HTTP 204' })
  })

  test('redirects is not followed', async () => {
    const away = { status: 307, headers: { location: `${receiver.url}/elsewhere` } }
    expect(await post('/redirect', away)).toMatchObject({ type: 'failed', http_status: 307 })
    expect(receiver.heard('/elsewhere')).toEqual([])
  })

  test('never answers is waited for no longer than allowed', async () => {
    expect(await post('/never', 'silence', { ms: 100 })).toMatchObject({
      type: 'failed',
      http_status: null,
      result: 'no answer in time',
    })
  })

  test('says 200 and then dawdles has said 200', async () => {
    expect(await post('/slow', 'headers, then silence', { ms: 300 })).toMatchObject({ type: 'delivered' })
  })

  test('breaks the connection is tried again', async () => {
    expect(await post('/reset', 'reset')).toMatchObject({ type: 'failed', result: 'ECONNRESET' })
  })

  test('answers with far too much is cut off, and its status counts', async () => {
    const body = 'x'.repeat(50 * 1024 * 1024)
    expect(await post('/huge', { status: 503, body })).toMatchObject({ type: 'failed', http_status: 503 })
  })

  test('does not trust the signature is never asked again', async () => {
    const challenge = (text: string) => ({ status: 401, headers: { 'www-authenticate': text } })
    expect(await post('/401', challenge('Signature error="webhook_signature_invalid"'))).toEqual({
      type: 'refused',
      http_status: 401,
      result: 'HTTP 401, signature refused: webhook_signature_invalid',
    })
    expect(await post('/401', challenge('Signature realm="a" error="webhook_mode_mismatch"'))).toMatchObject({
      type: 'refused',
    })
    expect(await post('/401', challenge('Bearer error="invalid_token"'))).toMatchObject({ type: 'failed' })
    expect(await post('/401', 401)).toMatchObject({ type: 'failed' })
  })

  test('asks for patience is given it', async () => {
    const busy = { status: 429, headers: { 'retry-after': '120' } }
    expect(await post('/busy', busy)).toMatchObject({ type: 'failed', retry_after_ms: 120_000 })
  })
})

describe('nothing is connected to', () => {
  test('on this machine, unless the developer’s switch is on', async () => {
    const outcome = await post('/loopback', 200, { allowLoopback: false })
    expect(outcome).toMatchObject({ type: 'failed', result: 'not sent: only https is spoken' })
    expect(receiver.heard('/loopback')).toEqual([])
  })

  test.each([
    'https://127.0.0.1',
    'https://2130706433',
    'https://0x7f.1',
    'https://localhost',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://169.254.169.254',
    'https://[fd00:ec2::254]',
  ])('behind %s', async (base) => {
    const outcome = await post('/', 200, { allowLoopback: false, base })
    expect(outcome.result).toMatch(/^not sent: the address .* is not public$/)
  })

  test('over http elsewhere, even with the switch', async () => {
    const outcome = await post('/', 200, { base: 'http://10.0.0.1' })
    expect(outcome.result).toBe('not sent: the address 10.0.0.1 is not public')
    const named = checkedAddresses(new URL('http://buyer.example'), true, async () => ['8.8.8.8'])
    await expect(named).rejects.toThrow('only https')
  })

  test('under a name of which one address is private', async () => {
    const both = async () => ['8.8.8.8', '192.168.0.1']
    await expect(checkedAddresses(new URL('https://buyer.example'), false, both)).rejects.toThrow(
      '192.168.0.1',
    )
  })
})

test('a name is asked for once, and the connection goes where it then pointed', async () => {
  let asked = 0
  const resolve = async () => [(asked += 1) === 1 ? '127.0.0.1' : '10.0.0.1']
  const { port } = new URL(receiver.url)
  const url = `http://buyer.example:${port}/rebound`
  const answer = await withSignal([], 2000, (signal) =>
    send({ url, headers: {}, body: '{}' }, { allowLoopback: true, signal, resolve }),
  )
  expect(answer.status).toBe(200)
  expect(asked).toBe(1)
  expect(receiver.heard('/rebound')).toMatchObject([{ headers: { host: `buyer.example:${port}` } }])
})
