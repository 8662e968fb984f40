/** The little of it that the tests use; it comes without types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  interface Context {
    oidc: { session: { accountId: string } }
  }
  interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }
  export default class Provider {
    constructor(
      issuer: string,
      configuration: {
        clients: {
          client_id: string
          client_secret: string
          redirect_uris: string[]
          [more: string]: unknown
        }[]
        pkce?: { required(): boolean }
        claims?: Record<string, string[]>
        findAccount?(ctx: Context, id: string): { accountId: string; claims(): object }
        loadExistingGrant?(ctx: Context): Promise<Grant>
        jwks?: { keys: object[] }
        scopes?: string[]
        clientDefaults?: object
        features?: {
          clientCredentials: { enabled: true }
          resourceIndicators: {
            enabled: true
            getResourceServerInfo(ctx: Context, resource: string): object
          }
        }
      },
    )
    Grant: new (of: { clientId: string; accountId: string }) => Grant
    callback(): RequestListener
  }
}
