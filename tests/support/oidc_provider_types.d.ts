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
        clients: { client_id: string; client_secret: string; redirect_uris: string[] }[]
        pkce: { required(): boolean }
        claims: Record<string, string[]>
        findAccount(ctx: Context, id: string): { accountId: string; claims(): object }
        loadExistingGrant(ctx: Context): Promise<Grant>
      },
    )
    Grant: new (of: { clientId: string; accountId: string }) => Grant
    callback(): RequestListener
  }
}
