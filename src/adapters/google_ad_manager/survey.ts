import { AdapterError, openFindings, type Call, type Connection, type Sold, type Survey } from '../adapter.ts'
import { checkConnection } from './check.ts'
import { openClient, type Client } from './client.ts'
import { parseServiceAccount, parseSettings, type ServiceAccount, type Settings } from './config.ts'
import { openReferences } from './references.ts'
import { openTransport } from './transport.ts'

/** Somebody chooses from a list; one that is longer is searched in Ad Manager, and the id typed in. */
const MOST_CHOICES = 500

/**
 * Which networks the account may see, until one is chosen; then what `check` finds there, with the users that may traffic and the
 * advertisers there are.
 */
export async function surveyNetwork(
  { settings, secret, download, fetch }: Connection,
  sold: Sold,
  call: Call,
): Promise<Survey> {
  const account = parseServiceAccount(secret)
  const given = settings as Partial<Settings>
  if (given.network_code === undefined) {
    const { network_code: _none, ...rest } = parseSettings({ ...given, network_code: '0' })
    return surveyAccount(openClient(openTransport(rest, account, fetch)), account, call)
  }
  const parsed = parseSettings(given)
  const client = openClient(openTransport(parsed, account, fetch))
  const scope = `survey ${parsed.base_url} ${parsed.network_code} ${account.client_email} ${Date.now()}`
  const references = openReferences(client, scope, parsed.region_ids)
  const findings = await checkConnection({ client, settings: parsed, download, references }, sold, call)
  return { findings, choices: findings.every(({ ok }) => ok) ? await offered(client, call) : {} }
}

/** Where the account may go at all. */
async function surveyAccount(client: Client, { client_email }: ServiceAccount, call: Call): Promise<Survey> {
  const { findings, look } = openFindings([{ ok: true, subject: 'service account', text: client_email }])
  const networks: Awaited<ReturnType<Client['readNetworks']>> = []
  await look('networks', async () => {
    networks.push(...((await client.readNetworks(call).catch(none)) ?? []))
    if (networks.length > 0) return String(networks.length)
    const text = `the key is good, but the account sees no network. In Ad Manager, under Admin, Global settings, allow API access, and add ${client_email} as a user; then test again`
    return { ok: false, subject: 'networks', text }
  })
  const choices = networks.map(({ networkCode, displayName, currencyCode, timeZone, isTest }) => ({
    value: networkCode,
    label: `${displayName} (${networkCode}), ${currencyCode}, ${timeZone}${isTest ? ', a test network' : ''}`,
  }))
  return { findings, choices: { network_code: choices } }
}

/** Google calls an account without any network an error. */
function none(error: unknown): [] {
  if (error instanceof AdapterError && error.code === 'AuthenticationError.NO_NETWORKS_TO_ACCESS') return []
  throw error
}

async function offered(client: Client, call: Call): Promise<Survey['choices']> {
  const users = await few(client.findUsers('status = :status', { status: 'ACTIVE' }, call))
  const advertisers = await few(client.findCompanies("type IN ('ADVERTISER', 'HOUSE_ADVERTISER')", {}, call))
  return {
    trafficker_id: users.map(({ id, name, roleName }) => ({
      value: id,
      label: `${name}, ${roleName || 'no role'}`,
    })),
    advertiser_id: advertisers.map(({ id, name }) => ({ value: id, label: name })),
  }
}

/** A list somebody can choose from; none where there are too many, or where we may not see them. */
async function few<T>(found: Promise<T[]>): Promise<T[]> {
  const all = await found.catch((error: unknown) => {
    if (error instanceof AdapterError) return []
    throw error
  })
  return all.length > MOST_CHOICES ? [] : all
}
