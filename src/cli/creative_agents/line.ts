import type { LeftOut } from '../../creative_agents/choose_formats.ts'
import type { CreativeAgentRow } from '../../queries/creative_agents.ts'

/** What is known of a creative agent, for a person: one line, and one more for each format that is not taken and named. */
export function linesOf(agent: CreativeAgentRow, now: Date): string[] {
  const because = agent.left_out_because as unknown as LeftOut[]
  const unnamed = agent.left_out - because.length
  return [
    [`${agent.creative_agent_id}  ${agent.agent_url}`, ...partsOf(agent, now)].join('; '),
    ...because.map(({ format, why }) => `  left out: ${format}: ${why}`),
    ...(unnamed > 0 ? [`  and ${unnamed} more left out`] : []),
  ]
}

function partsOf(agent: CreativeAgentRow, now: Date): string[] {
  const { read_at, lapsed_at, problem, formats, left_out, bearer_set_at } = agent
  const served = lapsed_at === null && read_at !== null
  return [
    read_at === null ? 'never read' : `${formats} formats, as of ${read_at.toISOString()}`,
    left_out > 0 && `${left_out} left out`,
    lapsed_at !== null && `too old to be taken since ${lapsed_at.toISOString()}`,
    problem !== '' && problem,
    problem !== '' && served && `taken until ${endOf({ ...agent, read_at }, now)}`,
    bearer_set_at !== null && `a token is kept since ${bearer_set_at.toISOString()}`,
  ].filter((part) => part !== false)
}

const HOUR_MS = 3_600_000
function endOf(agent: CreativeAgentRow & { read_at: Date }, now: Date): string {
  const hours = agent.refresh_hours + 24 * agent.grace_days
  return new Date(Math.max(agent.read_at.getTime() + hours * HOUR_MS, now.getTime())).toISOString()
}
