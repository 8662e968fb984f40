import { existsSync } from 'node:fs'
import { z } from 'zod'

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )
const seconds = (fallback: number) =>
  z.coerce
    .number({ error: 'a number of seconds' })
    .positive({ error: 'more than 0 seconds' })
    .default(fallback)
const whole = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most}`
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}
const encryptionKey = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/, '32 random bytes in base64, as `openssl rand -base64 32` prints them')
const yes = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true')
/** Over http only on this very machine, for tests: whoever sits between could sign in as anybody. */
const issuer = z
  .url({ protocol: /^https?$/, error: 'an https URL' })
  .refine((url) => !url.startsWith('http:') || /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)[:/]?/.test(url), {
    error: 'an https URL',
  })
/** One address, or many as `10.0.0.0/8`. */
const addresses = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'IP addresses, or ranges as 10.0.0.0/8',
})
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const

/** Every variable, in the order of .env.example. Empty means unset. */
const Environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'a postgres:// URL' }).optional(),
  SALESDESK_DATA_DIR: z.string().default('.salesdesk'),
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535).default(8787),
  METRICS_PORT: whole(0, 65_535).optional(),
  DRAIN_SECONDS: whole(0, 300).default(0),
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'an http(s) URL' }).optional(),
  ALLOWED_HOSTS: list,
  ALLOWED_ORIGINS: list,
  DATABASE_CONNECTIONS: whole(2, 500).default(10),
  WORKER_CONCURRENCY: whole(1, 100).default(5),
  CALL_DEADLINE_SECONDS: seconds(25),
  SSE_IDLE_SECONDS: seconds(300),
  MAX_CALLS_PER_MINUTE: whole(1, 10_000_000).default(30_000),
  MAX_STRANGERS_CALLS_PER_MINUTE: whole(1, 10_000_000).default(300),
  TRUSTED_PROXIES: list.pipe(z.array(addresses)),
  REQUEST_SIGNING: yes,
  OAUTH_ISSUER: issuer.optional(),
  OAUTH_SCOPE: z
    .string()
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'one scope, without spaces and quotes')
    .optional(),
  LOG_LEVEL: z.enum(logLevels, { error: `one of ${logLevels.join(', ')}` }).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: 'an http(s) URL' }).optional(),
  OIDC_ISSUER: issuer.optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: z.string().max(60).optional(),
  PASSWORD_SIGN_IN: yes.default(true),
  SALESDESK_TOKEN: z.string().optional(),
  SALESDESK_ENCRYPTION_KEY: encryptionKey.optional(),
  SALESDESK_DECRYPTION_KEYS: list.pipe(z.array(encryptionKey)),
  SLACK_SIGNING_SECRET: z.string().optional(),
  SLACK_BOT_TOKEN: z.string().startsWith('xoxb-', 'a bot token, which begins with xoxb-').optional(),
  SLACK_APP_TOKEN: z.string().startsWith('xapp-', 'an app-level token, which begins with xapp-').optional(),
  SLACK_CLIENT_ID: z.string().optional(),
  SLACK_CLIENT_SECRET: z.string().optional(),
  SLACK_API_URL: z.url({ protocol: /^https?$/, error: 'an http(s) URL' }).default('https://slack.com/api/'),
  WEBHOOK_ALLOW_LOOPBACK: yes,
  AD_SERVER_PRIVATE_HOSTS: list,
  COMPLY_TEST_CONTROLLER: yes,
})
/** What no variable can say alone. */
const Checked = Environment.superRefine((given, check) => {
  const add = (name: string, message: string) => check.addIssue({ code: 'custom', path: [name], message })
  if (given.OAUTH_ISSUER !== undefined && given.PUBLIC_URL === undefined)
    add('OAUTH_ISSUER', 'needs PUBLIC_URL: access tokens name the desk they are for by it')
  if ((given.OIDC_ISSUER === undefined) !== (given.OIDC_CLIENT_ID === undefined))
    add('OIDC_CLIENT_ID', 'needed with OIDC_ISSUER, and only with it')
  if (!given.PASSWORD_SIGN_IN && given.OIDC_ISSUER === undefined)
    add('PASSWORD_SIGN_IN', 'false needs OIDC_ISSUER: nobody could sign in')
})
export type Variables = z.infer<typeof Environment>
export const variableNames = Object.keys(Environment.shape)

export interface Config extends Variables {
  /** Secrets of ad server connections: adapter_configs.secret_name names one of these. */
  secret(name: string): string | undefined
}
/** Only variables that begin so may be named as a connection's secret; a row in the database cannot ask for any other. */
const SECRET_PREFIX = 'SALESDESK_SECRET_'

/** The environment cannot be used as it is; the message lists every variable that is wrong. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** The only reader of process.env (and of ./.env, if there is one). @throws ConfigError */
export function readConfig(env: NodeJS.ProcessEnv = ownEnvironment()): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = Checked.safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigError(
      `Some environment variables are wrong (.env.example describes each):\n${lines.join('\n')}`,
    )
  }
  return { ...parsed.data, secret: (name) => (name.startsWith(SECRET_PREFIX) ? given[name] : undefined) }
}

function ownEnvironment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return process.env
}
