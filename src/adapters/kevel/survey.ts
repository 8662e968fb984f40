import { parseApiKey, type Call, type Connection, type Sold, type Survey } from '../adapter.ts'
import { checkConnection } from './check.ts'
import { openClient } from './client.ts'
import { parseSettings } from './config.ts'

/** What `check` finds, with the advertisers there are: as many as Kevel lists on one page, of more somebody knows the id. */
export async function surveyNetwork(
  { settings, secret, fetch }: Connection,
  sold: Sold,
  call: Call,
): Promise<Survey> {
  const parsed = parseSettings(settings)
  const client = openClient(parsed, parseApiKey(secret), fetch)
  const findings = await checkConnection(client, parsed, sold, call)
  if (!findings.every(({ ok }) => ok)) return { findings, choices: {} }
  const { items, totalPages } = await client.pageOfAdvertisers(1, call)
  const there = totalPages > 1 ? [] : items.filter(({ IsDeleted }) => !IsDeleted)
  const advertiser_id = there.map(({ Id, Title }) => ({
    value: String(Id),
    label: typeof Title === 'string' ? Title : `Advertiser ${Id}`,
  }))
  return { findings, choices: { advertiser_id } }
}
