import type { Db } from '../../db/database.ts'
import { selectAuthorisations } from '../../queries/authorisations.ts'
import type { Finding } from './checks.ts'

/** What a domain has to have among the authorized_agents of its adagents.json, so that all of it may be sold here. */
export function entryFor(publisher_domain: string, agentUrl: string): string {
  return JSON.stringify({
    url: agentUrl,
    authorized_for: 'Selling the advertising of this domain',
    authorization_type: 'publisher_properties',
    publisher_properties: [{ publisher_domain, selection_type: 'all' }],
  })
}

/** Whether the domains sold here name this agent, and what to put into the file of the first that does not. */
export async function checkAuthorisations(db: Db, agentUrl: string | undefined): Promise<Finding> {
  const subject = 'domains'
  const domains = await selectAuthorisations(db).execute()
  const lacking = domains.filter(({ verification, detail }) => verification !== 'verified' || detail !== '')
  const withheld = lacking.filter(
    ({ verification, sells_unverified }) =>
      verification === 'refused' || (verification !== 'verified' && !sells_unverified),
  )
  const [first] = [...withheld, ...lacking]
  if (!first) return { ok: true, subject, text: `${domains.length}, all verified` }
  const sold = withheld.length === 0
  const count = `${lacking.length} of ${domains.length} not wholly verified${sold ? '' : `, ${withheld.length} not sold`}`
  if (agentUrl === undefined)
    return { ok: sold, subject, text: `${count}; PUBLIC_URL is not set, so no domain can name this agent` }
  const why = first.detail === '' ? 'not asked yet' : first.detail
  return {
    ok: sold,
    subject,
    text:
      `${count} (salesdesk properties); ${first.publisher_domain}: ${why}; its authorized_agents ` +
      `in https://${first.publisher_domain}/.well-known/adagents.json need ${entryFor(first.publisher_domain, agentUrl)}`,
  }
}
