import { signRequest } from '@adcp/sdk/signing/client'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { revokeKey } from '../../src/commands/revoke_key.ts'
import { trustKeys } from '../../src/commands/trust_keys.ts'
import { enqueue } from '../../src/jobs.ts'
import { gradeRequestSigning } from '../conformance/request_signing.ts'
import { aPurchase, testDesk, type Args } from '../support/desk.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { trustGrader, vectorKeys } from '../support/signing_keys.ts'

const desk = testDesk({ REQUEST_SIGNING: 'true' })
const [ed25519] = vectorKeys()
const { _private_d_for_test_only: d, ...publicJwk } = ed25519 as NonNullable<typeof ed25519>
const withoutSigning = testDesk()
const PUBLIC_URL = 'https://sales.northwind.example/desk'
const behindProxy = testDesk({ REQUEST_SIGNING: 'true', PUBLIC_URL })

beforeAll(async () => {
  await trustKeys(desk.db, { principal_id: 'pinnacle', jwks: { keys: [publicJwk] }, by: 'test' })
})
beforeEach(async () => {
  desk.now = new Date()
  await desk.db.deleteFrom('request_nonces').execute()
})

interface Signed {
  tool: string
  args: Args
  headers?: Record<string, string>
  /** What is sent, where it is not what was signed. */
  sent?: { args?: Args; path?: string }
}
/** One tool call, signed as an agent signs it. */
async function call({ tool, args, headers = {}, sent = {} }: Signed) {
  const message = request({ tool, args })
  const body = sent.args ? bodyOf(tool, sent.args) : message.body
  return ask(`${desk.url}${sent.path ?? '/mcp-strict'}`, {
    headers: { ...message.headers, ...headers },
    body,
  })
}
const bodyOf = (tool: string, args: Args) => JSON.stringify({ ...rpcCall(tool, args), id: 1 })
function request({ tool, args }: Signed, base = desk.url) {
  const body = bodyOf(tool, args)
  const plain = {
    method: 'POST',
    url: `${base}/mcp-strict`,
    headers: { 'content-type': 'application/json' },
    body,
  }
  const key = { keyid: publicJwk.kid, alg: 'ed25519' as const, privateKey: { kty: 'OKP', ...publicJwk, d } }
  const now = () => Math.floor(desk.now.getTime() / 1000)
  return { body, headers: signRequest(plain, key, { coverContentDigest: true, now }).headers }
}
const challenge = ({ headers }: { headers: Record<string, unknown> }) => headers['www-authenticate']
const boughtBy = async () =>
  (
    await desk.db
      .selectFrom('media_buys')
      .select('principal_id')
      .orderBy('created_at', 'desc')
      .limit(1)
      .execute()
  )[0]?.principal_id

describe('a buyer that signs', () => {
  test('buys as the principal its key belongs to, whatever token it also sends', async () => {
    const authorization = `Bearer ${await desk.token('acme_direct')}`
    const answer = await call({
      tool: 'create_media_buy',
      args: aPurchase({}, desk.now),
      headers: { authorization },
    })
    expect(answer.status).toBe(200)
    expect(answer.json().result).not.toHaveProperty('isError', true)
    expect(await boughtBy()).toBe('pinnacle')
  })

  test('is heard once: the same bytes sent ten times at once are one call', async () => {
    const { body, headers } = request({ tool: 'create_media_buy', args: aPurchase({}, desk.now) })
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask(`${desk.url}/mcp-strict`, { headers, body })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(challenge(answer)).toBe('Signature error="request_signature_replayed"')
  })

  test('is not heard when somebody changed the body on the way, or sent it elsewhere', async () => {
    const args = aPurchase({}, desk.now)
    const dearer = aPurchase({ package: { budget: 9000 } }, desk.now)
    expect(challenge(await call({ tool: 'create_media_buy', args, sent: { args: dearer } }))).toBe(
      'Signature error="request_signature_digest_mismatch"',
    )
    expect(
      challenge(await call({ tool: 'create_media_buy', args, sent: { path: '/mcp-strict?to=others' } })),
    ).toBe('Signature error="request_signature_invalid"')
  })

  test('gets no second chance with a token when its signature is wrong', async () => {
    const authorization = `Bearer ${await desk.token()}`
    const answer = await call({
      tool: 'get_products',
      args: {},
      headers: { authorization, signature: 'sig1=:AAAA:' },
    })
    expect(answer.status).toBe(401)
    expect(challenge(answer)).toMatch(/^Signature error="request_signature_\w+"$/)
    expect(answer.json().error?.data?.adcp_error).toEqual({
      code: 'AUTH_REQUIRED',
      message: 'The signature of this request is not accepted.',
      recovery: 'correctable',
    })
  })

  test('is forgotten in time: a nonce is kept as long as it could be sent again, and then no longer', async () => {
    await call({ tool: 'get_products', args: {} })
    const remembered = async (later: number) => {
      desk.now = new Date(Date.now() + later * 1000)
      await desk.db.transaction().execute((trx) => enqueue(trx, 'forget_request_nonces', {}))
      await desk.runJobs(new Date())
      return (await desk.db.selectFrom('request_nonces').select('nonce').execute()).length
    }
    expect(await remembered(300)).toBe(1)
    expect(await remembered(500)).toBe(0)
  })
})

describe('the strict mount', () => {
  test('wants every write signed, and takes a token for a read', async () => {
    const headers = { authorization: `Bearer ${await desk.token()}`, 'content-type': 'application/json' }
    const send = (tool: string, args: Args) =>
      ask(`${desk.url}/mcp-strict`, { headers, body: bodyOf(tool, args) })
    const refused = await send('create_media_buy', aPurchase({}, desk.now))
    expect(refused.status).toBe(401)
    expect(challenge(refused)).toBe('Signature error="request_signature_required"')
    expect((await send('get_products', {})).status).toBe(200)
    const anonymous = await ask(`${desk.url}/mcp-strict`, { body: bodyOf('get_media_buys', {}) })
    expect([anonymous.status, challenge(anonymous)]).toEqual([401, 'Bearer realm="salesdesk"'])
  })

  test('says what must be signed; the other mount says nothing of it', async () => {
    const strict = await call({ tool: 'get_adcp_capabilities', args: {} })
    expect(strict.json().result?.structuredContent?.['request_signing']).toMatchObject({
      supported: true,
      covers_content_digest: 'either',
      required_for: expect.arrayContaining(['create_media_buy', 'sync_creatives']),
    })
    const { body } = await (await desk.buyer()).call('get_adcp_capabilities')
    expect(body).not.toHaveProperty('request_signing')
  })

  test('behind a proxy goes by the address agents know, not by the one it is reached at', async () => {
    await trustKeys(behindProxy.db, { principal_id: 'pinnacle', jwks: { keys: [publicJwk] }, by: 'test' })
    const at = `http://127.0.0.1:${behindProxy.port}`
    const read = { tool: 'get_media_buys', args: {} }
    expect((await ask(`${at}/mcp-strict`, request(read, PUBLIC_URL))).status).toBe(200)
    expect(challenge(await ask(`${at}/mcp-strict`, request(read, at)))).toBe(
      'Signature error="request_signature_invalid"',
    )
  })

  test('is not there unless the publisher wants it', async () => {
    const answer = await ask(`${withoutSigning.url}/mcp-strict`, {
      body: bodyOf('get_adcp_capabilities', {}),
    })
    expect(answer.status).toBe(404)
  })
})

describe('a key', () => {
  test('that is private, of another agent, or of a kind nobody verifies is not taken', async () => {
    const trust = (jwk: Args, principal_id = 'acme_direct') =>
      trustKeys(desk.db, { principal_id, jwks: { keys: [jwk] }, by: 'test' })
    await expect(trust({ ...publicJwk, kid: 'mine', d })).rejects.toThrow('a private key')
    await expect(trust(publicJwk)).rejects.toThrow('Another agent has a key of the same name')
    await expect(trust({ kid: 'rsa', kty: 'RSA', n: 'x', e: 'AQAB' })).rejects.toThrow(
      'no set of public keys',
    )
    await expect(trust(publicJwk, 'nobody')).rejects.toThrow('There is no principal "nobody"')
  })

  test('of an agent that is archived is unknown, and one that is revoked stays so when it is brought again', async () => {
    const archive = (archived_at: Date | null) =>
      desk.db.updateTable('principals').set({ archived_at }).where('principal_id', '=', 'pinnacle').execute()
    await archive(desk.now)
    expect(challenge(await call({ tool: 'get_products', args: {} }))).toBe(
      'Signature error="request_signature_key_unknown"',
    )
    await archive(null)
    expect(await revokeKey(desk.db, publicJwk.kid, 'test', desk.now)).toBe(true)
    expect(
      await trustKeys(desk.db, { principal_id: 'pinnacle', jwks: { keys: [publicJwk] }, by: 'test' }),
    ).toEqual([])
    expect(challenge(await call({ tool: 'get_products', args: {} }))).toBe(
      'Signature error="request_signature_key_revoked"',
    )
    await desk.db.deleteFrom('request_signing_keys').execute()
  })
})

test('AdCP’s own grader of signed requests finds nothing wrong', async () => {
  await desk.db.deleteFrom('request_signing_keys').execute()
  await trustGrader(desk.db, 'sandbox_agent')
  const outcomes = await gradeRequestSigning(`${desk.url}/mcp-strict`)
  expect(outcomes.filter(({ result }) => result === 'failed')).toEqual([])
  expect(outcomes.filter(({ result }) => result === 'passed').length).toBeGreaterThanOrEqual(29)
}, 120_000)
