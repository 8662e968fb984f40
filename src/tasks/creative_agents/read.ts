import { chooseFormats } from '../../creative_agents/choose_formats.ts'
import { CreativeAgentError } from '../../creative_agents/error.ts'
import { listFormats, type Reach } from '../../creative_agents/list_formats.ts'
import type { Db } from '../../db/database.ts'
import { SealError, type Seal } from '../../seal.ts'
import { about } from '../../sealed_columns.ts'
import { keepReading, type Outcome, type Reading } from './keep.ts'

export interface Asking {
  db: Db
  clock: () => Date
  seal: Seal | undefined
  reach: Reach
}

/**
 * Asks a creative agent for its formats and keeps them, all or none: what cannot be read leaves what there is as it is, with the reason.
 * Of several at once the one that asked last is kept. undefined if there is no such agent any more.
 */
export async function readCreativeAgent(
  { db, clock, seal, reach }: Asking,
  creative_agent_id: string,
): Promise<Outcome | undefined> {
  const asked_at = clock()
  const agent = await selectAgent(db, creative_agent_id).executeTakeFirst()
  if (!agent) return undefined
  const reading = await readFormats(agent, seal, reach)
  return keepReading(db, { ...agent, creative_agent_id }, reading, asked_at)
}

type Agent = NonNullable<Awaited<ReturnType<ReturnType<typeof selectAgent>['executeTakeFirst']>>>

async function readFormats(agent: Agent, seal: Seal | undefined, reach: Reach): Promise<Reading> {
  try {
    const listed = await listFormats({ mcp_url: agent.mcp_url, bearer: bearerOf(agent, seal) }, reach)
    const { formats, left_out } = chooseFormats(listed, agent.agent_url)
    if (formats.length > 0) return { formats, left_out }
    const [first] = left_out
    return {
      problem: first
        ? `none of the ${left_out.length} formats it lists can be taken (${first.format}: ${first.why})`
        : 'it lists no format',
    }
  } catch (error) {
    if (error instanceof CreativeAgentError) return { problem: error.message }
    throw error
  }
}

function bearerOf({ bearer_sealed, creative_agent_id }: Agent, seal: Seal | undefined): string | undefined {
  if (bearer_sealed === null) return undefined
  try {
    if (seal) return seal.open(bearer_sealed, about('bearer_sealed', creative_agent_id))
  } catch (error) {
    if (!(error instanceof SealError)) throw error
  }
  throw new CreativeAgentError(
    `its token ${seal ? 'does not open with the encryption keys' : 'cannot be opened without the SALESDESK_ENCRYPTION_KEY'} of this worker; set it anew with salesdesk creative-agents secret`,
  )
}

function selectAgent(db: Db, creative_agent_id: string) {
  return db
    .selectFrom('creative_agents')
    .select(['creative_agent_id', 'tenant_id', 'agent_url', 'mcp_url', 'bearer_sealed'])
    .where('creative_agent_id', '=', creative_agent_id)
    .where('archived_at', 'is', null)
}
