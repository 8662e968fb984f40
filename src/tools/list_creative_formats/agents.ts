import { toWireError, type Problem } from '../../adcp/error.ts'
import type { AdcpVersion } from '../../adcp/version.ts'
import type { ReadDb } from '../../db/database.ts'
import type { Output, Principal } from '../define-tool.ts'
import { quoted } from '../../adcp/quoted.ts'

/** Formats are older than they should be when they were not read anew for so many times the hours they are to be read in. */
const LATE = 1.25

/** The creative agents whose formats this publisher takes, in its order, and how old what is known of them is. */
export function selectAgents(db: ReadDb, { tenant_id }: Principal) {
  return db
    .selectFrom('creative_agents')
    .select(['agent_url', 'name', 'read_at', 'lapsed_at', 'refresh_hours'])
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .orderBy('position')
    .orderBy('creative_agent_id')
}
type Agent = Awaited<ReturnType<ReturnType<typeof selectAgents>['execute']>>[number]

type Known = Agent & { read_at: Date }

/** What an answer says of the agents: who they are, and whose formats are old or missing. `listed` are the owners of its formats. */
export function agentNotes(
  agents: readonly Agent[],
  now: Date,
  version: AdcpVersion,
  listed: ReadonlySet<string>,
): Output {
  if (agents.length === 0) return {}
  const stale = agents.filter(isKnown).filter((agent) => ageOf(agent, now) > targetOf(agent))
  const missing = agents.filter((agent) => !isKnown(agent))
  const told = [
    ...stale.map(({ agent_url, read_at }) => ({ agent_url, formats: 'stale', as_of: read_at.toISOString() })),
    ...missing.map(({ agent_url }) => ({ agent_url, formats: 'unavailable' })),
  ]
  const warnings = stale.filter(({ agent_url }) => listed.has(agent_url))
  return {
    creative_agents: agents.map(({ agent_url, name }) => ({ agent_url, agent_name: name })),
    ...(told.length > 0 && { ext: { salesdesk: { creative_agents: told } } }),
    // AdCP has this code, and errors in an answer that did not fail, from 3.1
    ...(version === '3.1' &&
      warnings.length > 0 && { errors: warnings.map((agent) => toWireError(staleness(agent, now))) }),
  }
}

const isKnown = (agent: Agent): agent is Known => agent.read_at !== null && agent.lapsed_at === null
/** In seconds, both. */
const ageOf = ({ read_at }: Known, now: Date) => Math.floor((now.getTime() - read_at.getTime()) / 1000)
const targetOf = ({ refresh_hours }: Known) => Math.floor(refresh_hours * LATE * 3600)

/** error-details/stale-response.json */
function staleness(agent: Known, now: Date): Problem {
  return {
    code: 'STALE_RESPONSE',
    message: `The formats of ${quoted(agent.name)} are as of ${agent.read_at.toISOString()}; it has not been read anew since.`,
    field: 'formats',
    details: {
      served_from_cache: true,
      cache_age_seconds: ageOf(agent, now),
      freshness_target_seconds: targetOf(agent),
      upstream: { url: agent.agent_url, name: agent.name },
    },
  }
}
