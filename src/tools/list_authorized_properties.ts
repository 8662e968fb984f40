import { z } from 'zod'
import { AdcpError } from '../adcp/error.ts'
import { domain, envelope } from '../adcp/request_schemas.ts'
import { readPortfolio } from '../queries/portfolio.ts'
import { readTool } from './define-tool.ts'

export const listAuthorizedProperties = readTool({
  name: 'list_authorized_properties',
  title: 'Publishers this seller may sell',
  description:
    'The publisher domains this agent is authorised to sell, with main channels, countries and advertising policies. For AdCP 2.5 buyers; with AdCP 3 use get_adcp_capabilities (media_buy.portfolio). Example: {}',
  input: z.looseObject({
    ...envelope,
    publisher_domains: z.array(domain).min(1).max(1000).optional().describe('Only these domains.'),
  }),
  summary: (output) =>
    `Authorised for ${(output['publisher_domains'] as string[]).join(', ')}. Each domain's adagents.json lists its properties.`,
  async handle({ publisher_domains }, { db, principal }) {
    const portfolio = await readPortfolio(db, principal.tenant_id)
    const { description, advertising_policies, channels, countries, last_updated } = portfolio
    const domains = (portfolio.publisher_domains ?? []).filter(
      (name) => publisher_domains?.includes(name) ?? true,
    )
    const unverified = domains.filter((name) => portfolio.unverified_publisher_domains.includes(name))
    const primary_channels = [...new Set(channels.flatMap((channel) => channelIn2_5[channel] ?? []))]
    if (domains.length === 0) throw nothingAuthorized(publisher_domains !== undefined)
    return {
      publisher_domains: domains,
      ...(primary_channels.length > 0 && { primary_channels }),
      ...(countries.length > 0 && { primary_countries: countries }),
      ...(description && { portfolio_description: description }),
      ...(advertising_policies && { advertising_policies }),
      last_updated: last_updated.toISOString(),
      ...(unverified.length > 0 && { ext: { salesdesk: { unverified_publisher_domains: unverified } } }),
    }
  },
})

/** What AdCP 2.5 called our channels (enums/channels.json); the others it had no word for. */
const channelIn2_5: Readonly<Record<string, string>> = {
  display: 'display',
  olv: 'video',
  streaming_audio: 'audio',
  radio: 'audio',
  podcast: 'podcast',
  ctv: 'ctv',
  dooh: 'dooh',
  social: 'social',
  retail_media: 'retail',
}

// the 2.5.3 response cannot say "none": publisher_domains has minItems 1
function nothingAuthorized(filtered: boolean) {
  return new AdcpError({
    code: 'REFERENCE_NOT_FOUND',
    message: filtered ? 'None of these domains is sold here.' : 'This seller has no publisher domains yet.',
    ...(filtered && { field: 'publisher_domains', suggestion: 'Call without publisher_domains to see all.' }),
  })
}
