import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, SignJWT, type JWK } from 'jose'
import Provider from 'oidc-provider'

export const agent = { client_id: 'pinnacle-agent', client_secret: 'a secret only the agent has' }
/** Granted to whoever asks for it. */
export const scope = 'ads:buy'

/** A real authorization server on this machine: JWT access tokens for the resource that is asked for, to agents that prove who they are. */
export async function testAuthorizationServer() {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let key = await newKey()
  const asked: string[] = []
  server.on('request', ({ url }) => asked.push(String(url)))
  let answer = providerFor(issuer, key).callback()
  server.on('request', (request, response) => void answer(request, response))
  return {
    issuer,
    /** What it was asked for, by path. */
    asked,
    get key() {
      return key
    },
    /** Signs with a new key from now on, and knows the old one no more. */
    async rotate() {
      key = await newKey()
      answer = providerFor(issuer, key).callback()
    },
    /** A token as it gives them out. */
    async token(resource: string, client = agent): Promise<string> {
      const basic = Buffer.from(`${client.client_id}:${encodeURIComponent(client.client_secret)}`)
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic.toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
      })
      return ((await response.json()) as { access_token: string }).access_token
    },
    stop: () => {
      server.closeAllConnections()
      return new Promise((stopped) => server.close(stopped))
    },
  }
}

interface SigningKey extends JWK {
  kid: string
  alg: 'ES256'
}
async function newKey(): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'ES256', use: 'sig' }
}

/** A token nobody gave out, with any claims and header, signed with a key of one's choice. */
export const forge = (claims: object, header: object, key: JWK | Uint8Array): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', ...header }).sign(key)

function providerFor(issuer: string, key: JWK) {
  return new Provider(issuer, {
    clients: [{ ...agent, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
    jwks: { keys: [key] },
    scopes: [scope],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope,
          audience: resource,
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
}
