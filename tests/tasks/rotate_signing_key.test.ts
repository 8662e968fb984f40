import {
  InMemoryReplayStore,
  InMemoryRevocationStore,
  StaticJwksResolver,
  verifyWebhookSignature,
} from '@adcp/sdk/signing/server'
import { beforeEach, describe, expect, test } from 'vitest'
import { rotateSigningKey } from '../../src/commands/rotate_signing_key.ts'
import { createSeal } from '../../src/seal.ts'
import { aPurchase, connectBuyer, encryptionKey, testDesk, type Args } from '../support/desk.ts'
import { buy } from '../support/orders.ts'
import { ask } from '../support/raw_http.ts'
import { webhookReceiver, type Heard } from '../support/webhook_receiver.ts'

const receiver = webhookReceiver()
const PUBLIC_URL = 'https://sales.northwind.example/desk'
const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true', PUBLIC_URL, REQUEST_SIGNING: 'true' })
const plain = testDesk()
const HOUR = 3_600_000
const seal = createSeal(encryptionKey)

beforeEach(async () => {
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now()) + 7 * 24 * HOUR)
  await desk.db.deleteFrom('webhook_signing_keys').execute()
})
const pass = (hours: number) => (desk.now = new Date(desk.now.getTime() + hours * HOUR))
const rotate = (compromised = false) =>
  rotateSigningKey(desk.db, seal, { tenant_id: 'northwind', by: 'test', now: desk.now, compromised })

type Jwk = {
  kid: string
  kty: string
}
async function published(): Promise<Jwk[]> {
  const answer = await ask(`http://127.0.0.1:${desk.port}/.well-known/jwks.json`, { method: 'GET' })
  return (JSON.parse(answer.text) as { keys: Jwk[] }).keys
}

const aBuyer = async () => connectBuyer(`http://127.0.0.1:${desk.port}/mcp`, await desk.token())

let serial = 0
/** One webhook, as it came. */
async function told(): Promise<Heard> {
  const path = `/hook/${(serial += 1)}`
  const buyer = await aBuyer()
  await buy(buyer, { push_notification_config: { url: `${receiver.url}${path}` } }, desk.now)
  await desk.runJobs()
  return receiver.heard(path)[0] as Heard
}
/** Whether a buyer that holds these keys believes it. */
async function believed({ path, headers, text }: Heard, keys: Jwk[]): Promise<boolean> {
  const options = {
    jwks: new StaticJwksResolver(keys),
    replayStore: new InMemoryReplayStore(),
    revocationStore: new InMemoryRevocationStore(),
    now: () => Math.floor(desk.now.getTime() / 1000),
  }
  return verifyWebhookSignature(
    { method: 'POST', url: `${receiver.url}${path}`, headers, body: text },
    options,
  ).then(
    () => true,
    () => false,
  )
}

describe('a rotation', () => {
  test('leaves no moment at which a buyer that looked within a day cannot verify a webhook', async () => {
    expect(await believed(await told(), await published())).toBe(true)
    const looks: { at: number; keys: Jwk[] }[] = []
    for (let hour = 0; hour < 72; hour += 6) {
      if (hour === 12) expect(await rotate()).toMatchObject({ type: 'rotated' })
      looks.push({ at: hour, keys: await published() })
      const webhook = await told()
      for (const { at, keys } of looks)
        if (hour - at < 24)
          expect(await believed(webhook, keys), `looked at ${at}, told at ${hour}`).toBe(true)
      pass(6)
    }
    const [before, after] = [looks[0], looks.at(-1)]
    expect(looks[3]?.keys).toHaveLength(2)
    expect(after?.keys).toHaveLength(1)
    expect(after?.keys[0]?.kid).not.toBe(before?.keys[0]?.kid)
  }, 60_000)

  test('of two at once is one, and another has to wait until it is over', async () => {
    await told()
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => rotate()))
    expect(outcomes.filter(({ type }) => type === 'rotated')).toHaveLength(1)
    expect(new Set(outcomes.map(({ kid }) => kid)).size).toBe(1)
    expect(await published()).toHaveLength(2)
    pass(25)
    expect(await rotate()).toMatchObject({ type: 'rotated' })
    expect(await published()).toHaveLength(3)
  })

  test('away from a key somebody else knows shows and uses only the new one', async () => {
    const old = await told()
    await rotate()
    await rotate(true)
    const keys = await published()
    expect(keys).toHaveLength(1)
    expect(await believed(old, keys)).toBe(false)
    expect(await believed(await told(), keys)).toBe(true)
  })

  test('before there is any key makes one that signs at once', async () => {
    expect(await rotate()).toMatchObject({ type: 'rotated', signs_from: desk.now })
    expect(await believed(await told(), await published())).toBe(true)
  })
})

test('two buyers that want the first webhook at once get one key', async () => {
  const buyers = await Promise.all(Array.from({ length: 6 }, () => aBuyer()))
  const push_notification_config = { url: `${receiver.url}/first` }
  const answers = await Promise.all(
    buyers.map((buyer) => buyer.call('create_media_buy', aPurchase({ push_notification_config }, desk.now))),
  )
  for (const { isError, texts } of answers) expect(isError, texts.join('\n')).toBe(false)
  expect(await published()).toHaveLength(1)
})

test('brand.json leads from the agent to its keys, and capabilities lead to brand.json', async () => {
  const jwks_uri = `${PUBLIC_URL}/.well-known/jwks.json`
  const answer = await ask(`http://127.0.0.1:${desk.port}/.well-known/brand.json`, { method: 'GET' })
  expect(JSON.parse(answer.text)).toEqual({
    version: '1.0',
    agents: [
      { type: 'sales', url: `${PUBLIC_URL}/mcp`, id: 'salesdesk', jwks_uri },
      { type: 'sales', url: `${PUBLIC_URL}/mcp-strict`, id: 'salesdesk_strict', jwks_uri },
    ],
  })
  const buyer = await aBuyer()
  const { body } = await buyer.call('get_adcp_capabilities')
  expect(body['identity']).toEqual({
    brand_json_url: `${PUBLIC_URL}/.well-known/brand.json`,
    key_origins: { webhook_signing: 'https://sales.northwind.example' },
  })
})

test('a desk that is not reached over https has no brand.json and names none', async () => {
  const answer = await ask(`${plain.url}/.well-known/brand.json`, { method: 'GET' })
  expect(answer.status).toBe(404)
  const { body } = await (await plain.buyer()).call('get_adcp_capabilities')
  expect(body as Args).not.toHaveProperty('identity')
})
