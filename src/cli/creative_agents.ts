import type { Command } from 'commander'
import { sealOf } from '../from_config.ts'
import { keepBearer } from '../commands/keep_bearer.ts'
import type { Db } from '../db/database.ts'
import { selectCreativeAgents, type CreativeAgentRow } from '../queries/creative_agents.ts'
import { readCreativeAgent } from '../tasks/creative_agents/read.ts'
import { linesOf } from './creative_agents/line.ts'
import { operator, say, withDb, type Environment } from './environment.ts'
import { ownSeal } from './own_seal.ts'
import { readSecret } from './read_secret.ts'

const CALL_DEADLINE_MS = 15_000

/** There is no such creative agent; the message names those there are. */
export class UnknownAgentError extends Error {
  override name = 'UnknownAgentError'
}

export function registerCreativeAgents(program: Command): void {
  const agents = program
    .command('creative-agents')
    .description('The creative agents whose formats are taken, and what was read of each.')
    .action(() => withDb((db) => tell(db)))
  agents
    .command('refresh')
    .description('Read their formats now.')
    .argument('[creative_agent_id]', 'one of them; all unless given')
    .action((id: string | undefined) => withDb((db, environment) => refresh(db, environment, id)))
  agents
    .command('secret')
    .description('Keep the token sealed that an agent knows the publisher by.')
    .argument('<creative_agent_id>', 'as in the publisher file')
    .argument('[file]', 'where the token is; unless given, it is read from stdin')
    .option('--forget', 'forget the token that is kept')
    .action((id: string, file: string | undefined, { forget = false }: { forget?: boolean }) =>
      withDb((db, environment) => secret(db, environment, { id, file, forget })),
    )
}

async function refresh(db: Db, { config }: Environment, id: string | undefined): Promise<void> {
  const reach = {
    allowLoopback: config.WEBHOOK_ALLOW_LOOPBACK,
    signal: new AbortController().signal,
    deadlineMs: CALL_DEADLINE_MS,
  }
  const asking = { db, clock: () => new Date(), seal: sealOf(config), reach }
  for (const { creative_agent_id } of await choose(db, id)) await readCreativeAgent(asking, creative_agent_id)
  await tell(db, id)
}

interface ToKeep {
  id: string
  file: string | undefined
  forget: boolean
}

async function secret(db: Db, { config }: Environment, { id, file, forget }: ToKeep): Promise<void> {
  const [agent] = await choose(db, id)
  if (!agent) throw unknownAgent(id, [])
  const { creative_agent_id, tenant_id } = agent
  const bearer = forget ? undefined : { seal: ownSeal(config), plain: await readSecret(file) }
  await keepBearer(db, { creative_agent_id, tenant_id, bearer, by: operator(), now: new Date() })
  say(
    forget
      ? `The token of ${id} is forgotten.`
      : `The token of ${id} is kept sealed. It is used from the next reading on: salesdesk creative-agents refresh ${id}`,
  )
}

async function choose(db: Db, id: string | undefined): Promise<CreativeAgentRow[]> {
  const all = await selectCreativeAgents(db).execute()
  const chosen = all.filter(({ creative_agent_id }) => id === undefined || creative_agent_id === id)
  if (id !== undefined && chosen.length === 0) throw unknownAgent(id, all)
  return chosen
}

function unknownAgent(id: string, all: readonly CreativeAgentRow[]): UnknownAgentError {
  const known = all.map(({ creative_agent_id }) => creative_agent_id).join(', ')
  return new UnknownAgentError(`There is no creative agent ${id}. Known: ${known || 'none'}.`)
}

async function tell(db: Db, id?: string): Promise<void> {
  const agents = await choose(db, id)
  if (agents.length === 0) say('There is no creative agent in the publisher file.')
  for (const agent of agents) for (const line of linesOf(agent, new Date())) say(line)
}
