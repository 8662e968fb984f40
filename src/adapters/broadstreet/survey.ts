import { openFindings, parseApiKey, type Call, type Connection, type Sold, type Survey } from '../adapter.ts'
import { checkConnection } from './check.ts'
import { openClient, type Client } from './client.ts'
import { parseSettings, type Settings } from './config.ts'

/** Somebody chooses from a list; one that is longer is searched in Broadstreet, and the id typed in. */
const MOST_CHOICES = 500

/** Which networks the token opens, until one is chosen; then what `check` finds there, with the advertisers there are. */
export async function surveyNetwork(
  { settings, secret, fetch }: Connection,
  sold: Sold,
  call: Call,
): Promise<Survey> {
  const given = settings as Partial<Settings>
  const chosen = given.network_id !== undefined
  const parsed = parseSettings(chosen ? given : { ...given, network_id: 1 })
  const client = openClient(parsed, parseApiKey(secret), fetch)
  if (!chosen) return surveyToken(client, call)
  const findings = await checkConnection(client, parsed, sold, call)
  if (!findings.every(({ ok }) => ok)) return { findings, choices: {} }
  return { findings, choices: { advertiser_id: choicesOf(await client.listAdvertisers(call)) } }
}

async function surveyToken(client: Client, call: Call): Promise<Survey> {
  const { findings, look } = openFindings()
  const networks: Awaited<ReturnType<Client['listNetworks']>> = []
  await look('networks', async () => {
    networks.push(...(await client.listNetworks(call)))
    if (networks.length > 0) return String(networks.length)
    return { ok: false, subject: 'networks', text: 'the token is good, but its user sees no network' }
  })
  const labeled = networks.map(({ id, name }) => ({ id, name: `${name} (${id})` }))
  return { findings, choices: { network_id: choicesOf(labeled) } }
}

const choicesOf = (all: readonly { id: number; name: string }[]) =>
  all.length > MOST_CHOICES ? [] : all.map(({ id, name }) => ({ value: String(id), label: name }))
