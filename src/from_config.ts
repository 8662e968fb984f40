import type { Config } from './config.ts'
import { createOidc } from './console/oidc.ts'
import type { ResourceServer } from './mcp/oauth/resource_server.ts'
import { guardedFetch } from './outbound/guarded_fetch.ts'
import { createSeal, type Seal } from './seal.ts'
import type { TaskContext } from './tasks/define-task.ts'

/** Where buyers reach the desk, without a slash at the end. */
export const publicUrlOf = ({ PUBLIC_URL }: Config) => PUBLIC_URL?.replace(/\/$/, '')

/** Publishers may name the MCP address buyers call, or the host it is on. */
export function identityOf(
  config: Config,
  adagentsAt = (domain: string) => `https://${domain}/.well-known/adagents.json`,
): TaskContext['identity'] {
  const url = publicUrlOf(config)
  return url === undefined ? undefined : { agentUrls: [`${url}/mcp`, url], adagentsAt }
}

/** Whose access tokens buyers may come with; undefined where only the desk's own tokens are taken. */
export function resourceServerOf(config: Config): ResourceServer | undefined {
  const { OAUTH_ISSUER: issuer, OAUTH_SCOPE: scope } = config
  const url = publicUrlOf(config)
  return issuer === undefined || url === undefined ? undefined : { issuer, url, scope }
}

/** How much may come in a minute, of whom the publisher said nothing. */
export const limitsOf = (config: Config) => ({
  strangers_a_minute: config.MAX_STRANGERS_CALLS_PER_MINUTE,
  buyer_a_minute: config.MAX_CALLS_PER_MINUTE,
})

/** How this process speaks to Slack; links lead to the console as people reach it. */
export const slackOf = (config: Config) => ({
  seal: sealOf(config),
  botToken: config.SLACK_BOT_TOKEN,
  apiUrl: config.SLACK_API_URL,
  fetch: guardedFetch([new URL(config.SLACK_API_URL).host]),
  consoleUrl: `${publicUrlOf(config) ?? `http://${config.HOST}:${config.PORT}`}/console`,
})

/** How workspaces install the app; undefined where it is not known by its id, or its tokens could not be kept. */
export function slackOAuthOf(config: Config, seal: Seal | undefined) {
  const { SLACK_CLIENT_ID: clientId, SLACK_CLIENT_SECRET: clientSecret } = config
  if (clientId === undefined || clientSecret === undefined || !seal) return undefined
  const at = publicUrlOf(config) ?? `http://${config.HOST}:${config.PORT}`
  return { clientId, clientSecret, seal, redirectUri: `${at}/slack/oauth_redirect` }
}

/** What this process seals and opens with; undefined where it was given no key. @throws SealError */
export const sealOf = ({ SALESDESK_ENCRYPTION_KEY: key, SALESDESK_DECRYPTION_KEYS: others }: Config) =>
  key === undefined ? undefined : createSeal(key, others)

/** Whom people sign in with: the identity provider of the environment, a password, or either. */
export const signInOf = ({ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, ...config }: Config) => ({
  passwords: config.PASSWORD_SIGN_IN,
  oidc:
    issuer === undefined || clientId === undefined
      ? undefined
      : createOidc({
          ...{ issuer, clientId, clientSecret: config.OIDC_CLIENT_SECRET },
          name: config.OIDC_NAME ?? new URL(issuer).hostname,
        }),
})

/**
 * How many jobs a worker does at once, by what for. Webhooks, readings of ad servers and Slack come on top of the others: buyers whose
 * servers hang, an ad server that does, or Slack, keep no order waiting.
 */
export const atOnceOf = ({ WORKER_CONCURRENCY: orders }: Config) => ({
  orders,
  webhooks: 20,
  syncs: 2,
  slack: 4,
})

/** How many connections to PostgreSQL a process opens at most, by pool: the first two of a server, the others of a worker. */
export function poolsOf(config: Config) {
  const { orders, webhooks, syncs, slack } = atOnceOf(config)
  return {
    tools: config.DATABASE_CONNECTIONS,
    reads: config.DATABASE_CONNECTIONS,
    // one session per running fulfilment holds its lock; the rest is for everything else
    tasks: orders * 2 + 4 + syncs + slack,
    queue: 2 + Math.max(orders, webhooks, syncs, slack),
  }
}
