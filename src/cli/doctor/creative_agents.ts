import type { Db } from '../../db/database.ts'
import {
  selectCreativeAgents,
  selectUnknownFormats,
  type CreativeAgentRow,
} from '../../queries/creative_agents.ts'
import type { Finding } from './checks.ts'

/** Whether the formats of creative agents are known, and are those that products are sold with. */
export async function checkCreativeAgents(db: Db): Promise<Finding> {
  const subject = 'formats'
  const agents = await selectCreativeAgents(db).execute()
  const [ailing] = [...agents.filter(isUntaken), ...agents.filter(({ problem }) => problem !== '')]
  const more = 'see salesdesk creative-agents'
  if (ailing) {
    const why = ailing.problem === '' ? 'not read yet' : ailing.problem
    const then = ailing.lapsed_at ? '; its formats are too old to be taken' : ''
    return {
      ok: !isUntaken(ailing),
      subject,
      text: `creative agent ${ailing.creative_agent_id}: ${why}${then}; ${more}`,
    }
  }
  const { rows: unknown } = await selectUnknownFormats(db)
  const [first] = unknown
  if (first) {
    const { format_id, agent_url, product_id } = first
    const others = unknown.length > 1 ? ` (and ${unknown.length - 1} more)` : ''
    return {
      ok: false,
      subject,
      text: `${agent_url} lists no format ${format_id}, with which ${product_id} is sold${others}; ${more}`,
    }
  }
  const formats = agents.reduce((sum, agent) => sum + agent.formats, 0)
  const left_out = agents.reduce((sum, agent) => sum + agent.left_out, 0)
  const rest = left_out > 0 ? `, ${left_out} left out (${more})` : ''
  return { ok: true, subject, text: `${agents.length} creative agents with ${formats} formats${rest}` }
}

const isUntaken = ({ read_at, lapsed_at }: CreativeAgentRow) => read_at === null || lapsed_at !== null
