import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** Somebody the provider knows. */
export interface Subject {
  email?: string
  email_verified?: boolean
  name?: string
}
export interface TestProvider {
  issuer: string
  subjects: Map<string, Subject>
  /** Says where the desk is, once that is known. */
  serve(deskUrl: string): void
  /** Goes through the provider's own pages as this subject, from the address the desk sends to. Returns where it sends back to. */
  signIn(address: string, subject: string): Promise<string>
  /** Goes away; whoever asks finds nobody. */
  stop(): Promise<void>
}
export const client = { client_id: 'salesdesk', client_secret: 'a secret of the client, kept in no log' }

/** A real OpenID provider on this machine. It insists on PKCE, and tells the email at its userinfo endpoint only. */
export async function testProvider(): Promise<TestProvider> {
  const subjects = new Map<string, Subject>()
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    subjects,
    serve(deskUrl) {
      const provider = providerFor(issuer, `${deskUrl}/console/oidc/callback`, subjects)
      server.on('request', provider.callback())
    },
    signIn,
    stop: () => stop(server),
  }
}

function providerFor(issuer: string, redirect_uri: string, subjects: Map<string, Subject>) {
  const provider: Provider = new Provider(issuer, {
    clients: [{ ...client, redirect_uris: [redirect_uri] }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...subjects.get(id) }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({ clientId: client.client_id, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  return provider
}

async function signIn(address: string, subject: string): Promise<string> {
  const cookies = new Map<string, string>()
  let [url, form]: [string, URLSearchParams | undefined] = [address, undefined]
  for (let steps = 0; steps < 10; steps++) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: form }),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    form = undefined
    const to = answer.headers.get('location')
    if (to === null) form = new URLSearchParams({ prompt: 'login', login: subject, password: 'any' })
    else url = new URL(to, url).href
    if (new URL(url).pathname === '/console/oidc/callback') return url
  }
  throw new Error(`the provider never came back, but stayed at ${url}`)
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((stopped) => server.close(() => stopped()))
}
