import { z } from 'zod'
import { canonicalUrl } from '../adcp/agent_url.ts'
import { fields, Id, Name } from './file_words.ts'

const Url = z.url({ protocol: /^https?$/, error: 'must be an address that begins with https://' }).max(500)

/** A creative agent whose formats the publisher takes besides its own. */
export const CreativeAgent = fields({
  creative_agent_id: Id,
  name: Name,
  agent_url: Url.transform((url) => canonicalUrl(url) ?? url),
  mcp_url: Url.optional(),
  refresh_hours: z.int().min(1).max(168).default(24),
  grace_days: z.int().min(0).max(90).default(7),
})
export type CreativeAgent = z.output<typeof CreativeAgent>

/** The agent of the file that this URL names, however it is written. */
export function findAgent<Agent extends Pick<CreativeAgent, 'agent_url'>>(
  agents: readonly Agent[],
  url: string,
): Agent | undefined {
  return agents.find(({ agent_url }) => agent_url === canonicalUrl(url))
}
