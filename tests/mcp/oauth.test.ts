import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { decodeJwt, exportSPKI, importJWK } from 'jose'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { checkOauth } from '../../src/cli/doctor/oauth.ts'
import { letInSubject } from '../../src/commands/oauth/let_in_subject.ts'
import { shutOutSubject } from '../../src/commands/oauth/shut_out_subject.ts'
import { readConfig } from '../../src/config.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { agent, forge, scope, testAuthorizationServer } from '../support/authorization_server.ts'
import { callTool, testDesk } from '../support/desk.ts'
import { freePort } from '../support/free_port.ts'
import { listeningLog } from '../support/log_lines.ts'
import { ask, rpcCall } from '../support/raw_http.ts'

const server = await testAuthorizationServer()
const other = await testAuthorizationServer()
afterAll(() => Promise.all([server.stop(), other.stop()]))

const port = String(await freePort())
const heard = listeningLog()
const variables = { PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}`, OAUTH_ISSUER: server.issuer }
const desk = testDesk({ ...variables, OAUTH_SCOPE: scope }, { log: heard.log })
const without = testDesk()

const subject = { issuer: server.issuer, subject: agent.client_id }
const by = { kind: 'operator', name: 'test' } as const
const letIn = (principal_id = 'pinnacle') => letInSubject(desk.db, { ...subject, principal_id, by })
const post = (token: string, tool = 'get_media_buys', url = desk.url) =>
  ask(`${url}/mcp`, {
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(rpcCall(tool, {})),
  })
const resource = () => `${desk.url}/mcp`
const clientCredentials = () =>
  new ClientCredentialsProvider({
    clientId: agent.client_id,
    clientSecret: agent.client_secret,
    expectedIssuer: server.issuer,
    scope,
  })
/** Has the keys read, as the clock or an unknown key would. */
async function readKeys() {
  await desk.db.deleteFrom('oauth_issuers').execute()
  await post(await server.token(resource()))
  await desk.runJobs()
}
const code = (answer: Awaited<ReturnType<typeof post>>) =>
  answer.json().error?.data?.adcp_error.code ?? answer.json().result?.structuredContent?.adcp_error?.code

beforeEach(async () => {
  desk.now = new Date()
  await desk.db.deleteFrom('principal_oauth_subjects').execute()
  await letIn()
})

describe('an agent that knows nothing but the address', () => {
  test('is led to the authorization server, comes back with a token and sees its own media buys', async () => {
    await readKeys()
    const client = new Client({ name: 'agent', version: '1' })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(resource()), { authProvider: clientCredentials() }),
    )
    const { body, isError } = await callTool(client, 'get_media_buys', {})
    expect([isError, body['media_buys']]).toEqual([false, []])
    await client.close()
  })

  test('finds at both addresses what the desk is called there and whose tokens it takes', async () => {
    const at = async (path: string) => (await ask(`${desk.url}${path}`, { method: 'GET' })).json()
    const both = {
      authorization_servers: [server.issuer],
      bearer_methods_supported: ['header'],
      scopes_supported: [scope],
    }
    const root = '/.well-known/oauth-protected-resource'
    expect(await at(root)).toMatchObject({ ...both, resource: desk.url })
    expect(await at(`${root}/mcp`)).toMatchObject({ ...both, resource: resource() })
    const answer = await ask(`${desk.url}/mcp`, { body: JSON.stringify(rpcCall('get_media_buys', {})) })
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      `Bearer realm="salesdesk", resource_metadata="${desk.url}${root}/mcp", scope="${scope}"`,
    ])
  })

  test('finds none of it where no authorization server is configured, and its tokens are nobody’s', async () => {
    const metadata = await ask(`${without.url}/.well-known/oauth-protected-resource`, { method: 'GET' })
    expect(metadata.status).toBe(404)
    const answer = await post(await server.token(`${without.url}/mcp`), 'get_media_buys', without.url)
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      'Bearer realm="salesdesk", error="invalid_token"',
    ])
  })
})

describe('an access token', () => {
  beforeEach(readKeys)

  test('counts beside the desk’s own tokens, each for its own buyer', async () => {
    expect((await post(await server.token(resource()))).status).toBe(200)
    expect((await post(await desk.token())).status).toBe(200)
  })

  test('may name the whole server as what it is for', async () => {
    for (const audience of [desk.url, `${desk.url}/`])
      expect((await post(await server.token(audience))).status).toBe(200)
  })

  test('that was given for another resource is worth nothing here, however genuine', async () => {
    for (const elsewhere of ['https://other.example/mcp', `${desk.url}/mcp/`, `${desk.url}/mcp-strict`]) {
      const answer = await post(await server.token(elsewhere))
      expect([elsewhere, answer.status, code(answer)]).toEqual([elsewhere, 401, 'AUTH_REQUIRED'])
      expect(answer.headers['www-authenticate']).toContain('error="invalid_token", resource_metadata="')
    }
  })

  test('is worth nothing once it has expired, give or take half a minute between clocks', async () => {
    const token = await server.token(resource())
    const expires = Number(decodeJwt(token).exp) * 1000
    desk.now = new Date(expires + 25_000)
    expect((await post(token)).status).toBe(200)
    desk.now = new Date(expires + 35_000)
    expect((await post(token)).status).toBe(401)
  })

  test('of another issuer is worth nothing, whatever it says', async () => {
    expect((await post(await other.token(resource()))).status).toBe(401)
  })

  test('is taken only as its issuer writes it: each forgery is refused', async () => {
    const { key } = server
    const good = await server.token(resource())
    const [header, payload, signature] = good.split('.') as [string, string, string]
    const claims = decodeJwt(good)
    const typed = { typ: 'at+jwt', kid: key.kid }
    expect((await post(await forge(claims, typed, key))).status).toBe(200)

    const publicKey = new TextEncoder().encode(
      await exportSPKI(
        (await importJWK({ ...key, d: undefined as never }, 'ES256')) as Parameters<typeof exportSPKI>[0],
      ),
    )
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'acme' })).toString('base64url')
    const forgeries = {
      'no algorithm': `${none}.${payload}.`,
      'no algorithm, old signature': `${none}.${payload}.${signature}`,
      'no signature': `${header}.${payload}.`,
      'somebody else’s claims': `${header}.${changed}.${signature}`,
      'a shared secret that is the public key': await forge(claims, { ...typed, alg: 'HS256' }, publicKey),
      'a key of its own under our issuer’s name': await forge(claims, typed, other.key),
      'another issuer, with this one’s key': await forge({ ...claims, iss: other.issuer }, typed, key),
      'the issuer with a slash': await forge({ ...claims, iss: `${server.issuer}/` }, typed, key),
      'an id token': await forge(claims, { ...typed, typ: 'JWT' }, key),
      'no type': await forge(claims, { kid: key.kid }, key),
      'no audience': await forge({ ...claims, aud: undefined }, typed, key),
      'no subject': await forge({ ...claims, sub: undefined }, typed, key),
      'no end': await forge({ ...claims, exp: undefined }, typed, key),
      'a time to come': await forge({ ...claims, nbf: Number(claims.iat) + 120 }, typed, key),
      'a key it brings along': await forge(claims, { ...typed, jwk: { ...key, d: undefined } }, other.key),
      'what must be understood and is not': `${Buffer.from(JSON.stringify({ alg: 'ES256', ...typed, crit: ['x'], x: 1 })).toString('base64url')}.${payload}.${signature}`,
      nonsense: 'e30.e30.e30',
    }
    for (const [what, token] of Object.entries(forgeries)) {
      const answer = await post(token)
      expect([what, answer.status, code(answer)]).toEqual([what, 401, 'AUTH_REQUIRED'])
    }
    expect(heard.text()).not.toContain(good)
  })

  test('without the scope that is asked for opens nothing, and says which one', async () => {
    const { scope: _scope, ...claims } = decodeJwt(await server.token(resource()))
    const token = await forge(
      { ...claims, scope: 'ads:buyer profile' },
      { typ: 'at+jwt', kid: server.key.kid },
      server.key,
    )
    const answer = await post(token)
    expect([answer.status, code(answer)]).toEqual([403, 'PERMISSION_DENIED'])
    expect(answer.headers['www-authenticate']).toContain(`error="insufficient_scope", resource_metadata=`)
  })

  test('given to a subject nobody let in opens nothing, nor does one that was shut out or whose buyer is archived', async () => {
    const token = await server.token(resource())
    expect(await shutOutSubject(desk.db, { ...subject, by })).toBe('pinnacle')
    const answer = await post(token)
    expect([answer.status, code(answer)]).toEqual([403, 'PERMISSION_DENIED'])
    expect(answer.json().error?.data?.adcp_error.suggestion).toContain(`"${agent.client_id}"`)
    expect(await shutOutSubject(desk.db, { ...subject, by })).toBeUndefined()

    await letIn('acme_direct')
    expect((await post(token)).status).toBe(200)
    await desk.db
      .updateTable('principals')
      .set({ archived_at: desk.now })
      .where('principal_id', '=', 'acme_direct')
      .execute()
    expect((await post(token)).status).toBe(403)
    await desk.db
      .updateTable('principals')
      .set({ archived_at: null })
      .where('principal_id', '=', 'acme_direct')
      .execute()
  })

  test('belongs to one buyer: letting it in twice changes nothing, for another it is refused, and the log tells', async () => {
    expect(await letIn()).toEqual({ type: 'already' })
    const taken = { type: 'taken', principal_id: 'pinnacle', tenant_id: 'northwind' }
    expect(await letIn('acme_direct')).toEqual(taken)
    const { rows } = await desk.pool.query(
      `select subject_id, detail from audit_log where action = 'let_in_oauth_subject' order by audit_id desc limit 1`,
    )
    expect(rows).toEqual([{ subject_id: 'pinnacle', detail: subject }])
  })
})

describe('where several publishers share the desk and its issuer', () => {
  const products = async (token: string) => {
    const { result } = (await post(token, 'list_accounts')).json()
    return JSON.stringify(result?.structuredContent)
  }

  test('an access token opens the one publisher its subject was let in by, and is never another’s', async () => {
    await seedAnotherPublisher(desk.db)
    const token = await server.token(resource())
    const claims = decodeJwt(token)
    const as = (sub: string) => forge({ ...claims, sub }, { typ: 'at+jwt', kid: server.key.kid }, server.key)
    expect(
      await letInSubject(desk.db, { ...subject, subject: 'south', principal_id: 'south_agency', by }),
    ).toEqual({
      type: 'let_in',
    })
    const [north, south] = [await products(token), await products(await as('south'))]
    expect([north.includes('acc_acme_pinnacle'), north.includes('southwind')]).toEqual([true, false])
    expect([south.includes('acc_acme_pinnacle'), south.includes('southwind')]).toEqual([false, true])
    // nobody else gets it, not even once its buyer is gone
    const taken = { type: 'taken', principal_id: 'south_agency', tenant_id: 'southwind' }
    const claim = () =>
      letInSubject(desk.db, { ...subject, subject: 'south', principal_id: 'acme_direct', by })
    expect(await claim()).toEqual(taken)
    const archived = (archived_at: Date | null) =>
      desk.db
        .updateTable('principals')
        .set({ archived_at })
        .where('principal_id', '=', 'south_agency')
        .execute()
    await archived(desk.now)
    expect([(await post(await as('south'))).status, await claim()]).toEqual([403, taken])
    await archived(null)
    // nor do people of one publisher let in whom a neighbour may mean
    for (const [tenant_id, principal_id, type] of [
      ['northwind', 'acme_direct', 'desk_is_shared'],
      ['northwind', 'south_agency', 'unknown_principal'],
    ] as const)
      expect(
        await letInSubject(desk.db, { ...subject, subject: 'new', tenant_id, principal_id, by }),
      ).toEqual({ type })
  })

  test('a subject is nobody’s that only looks like one, or that no text can hold', async () => {
    const claims = decodeJwt(await server.token(resource()))
    heard.forget()
    const name = agent.client_id
    for (const sub of [
      ...[`${name} `, name.toUpperCase(), `${name}\u200b`, name.replace('a', '\u0430'), `${name}\u202e`],
      ...[`${name}\u0000`, `${name}\ud800`, name.repeat(100), "' or true --", '__proto__'],
    ]) {
      const token = await forge({ ...claims, sub }, { typ: 'at+jwt', kid: server.key.kid }, server.key)
      const answer = await post(token)
      expect([sub, answer.status, code(answer)]).toEqual([sub, 403, 'PERMISSION_DENIED'])
      expect(answer.json().error?.data?.adcp_error.suggestion).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }
    expect(heard.lines().filter(({ level }) => Number(level) >= 40)).toEqual([])
  })
})

describe('the keys of the issuer', () => {
  test('are read by a job; until then a token waits for them, and no call ever does', async () => {
    await desk.db.deleteFrom('oauth_issuers').execute()
    const before = server.asked.length
    const token = await server.token(resource())
    const early = await post(token)
    expect([early.status, code(early)]).toEqual([200, 'SERVICE_UNAVAILABLE'])
    expect(server.asked.slice(before)).toEqual(['/token'])
    await desk.runJobs()
    expect(server.asked.slice(before + 1)).toEqual(['/.well-known/openid-configuration', '/jwks'])
    expect((await post(token)).json().result?.isError).toBeUndefined()
  })

  test('may be replaced: a token of the new key is taken as soon as a job has read it, one of the old key no more', async () => {
    await readKeys()
    const old = await server.token(resource())
    await server.rotate()
    const token = await server.token(resource())
    desk.now = new Date(desk.now.getTime() + 31_000)
    expect(code(await post(token))).toBe('SERVICE_UNAVAILABLE')
    await desk.runJobs()
    expect((await post(token)).json().result?.isError).toBeUndefined()
    expect((await post(old)).status).toBe(401)
  })

  test('are looked at by salesdesk doctor: whose they are, how old, and for how many subjects', async () => {
    expect(await checkOauth(desk.db, undefined)).toMatchObject({
      ok: true,
      text: expect.stringContaining('not set'),
    })
    await desk.db.deleteFrom('oauth_issuers').execute()
    expect(await checkOauth(desk.db, server.issuer)).toMatchObject({
      ok: false,
      text: expect.stringContaining('never read'),
    })
    await readKeys()
    expect(await checkOauth(desk.db, server.issuer, desk.now)).toMatchObject({
      ok: true,
      text: expect.stringContaining(`${server.issuer}, 1 subject, keys read`),
    })
    const later = new Date(desk.now.getTime() + 16 * 60_000)
    expect(await checkOauth(desk.db, server.issuer, later)).toMatchObject({ ok: false })
  })

  test('are asked for once, however many tokens of unknown keys come from however many sides', async () => {
    await readKeys()
    const before = server.asked.length
    desk.now = new Date(desk.now.getTime() + 31_000)
    const claims = { iss: server.issuer, aud: resource(), sub: 'x', iat: 1, exp: 9e9 }
    const flood = await Promise.all(
      Array.from({ length: 20 }, (_none, n) =>
        forge(claims, { typ: 'at+jwt', kid: `made up ${n}` }, other.key).then((token) => post(token)),
      ),
    )
    expect(new Set(flood.map(code))).toEqual(new Set(['SERVICE_UNAVAILABLE']))
    await desk.runJobs()
    for (let n = 0; n < 5; n++) {
      const token = await forge(claims, { typ: 'at+jwt', kid: `another ${n}` }, other.key)
      expect((await post(token)).status).toBe(401)
    }
    await desk.runJobs()
    expect(server.asked.slice(before)).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })

  test('stay as they are while the issuer is away', async () => {
    await readKeys()
    const token = await server.token(resource())
    await server.stop()
    desk.now = new Date(desk.now.getTime() + 31_000)
    const unknown = await forge(decodeJwt(token), { typ: 'at+jwt', kid: 'made up' }, other.key)
    expect(code(await post(unknown))).toBe('SERVICE_UNAVAILABLE')
    await desk.runJobs()
    expect((await post(unknown)).status).toBe(401)
    expect((await post(token)).json().result?.isError).toBeUndefined()
    expect(heard.text()).toContain('the keys of the issuer cannot be read')
  })
})

test('needs to know where agents reach the desk, because tokens name it', () => {
  expect(() => readConfig({ OAUTH_ISSUER: 'https://login.example' })).toThrow(
    /OAUTH_ISSUER: needs PUBLIC_URL/,
  )
  expect(() => readConfig({ OAUTH_ISSUER: 'http://login.example', PUBLIC_URL: 'https://a.example' })).toThrow(
    /https URL/,
  )
})
