import { enqueue } from '../jobs.ts'
import { endLapsed } from './creative_agents/lapse.ts'
import { defineTask } from './define-task.ts'

const AGENTS_A_TURN = 200

/** Has each creative agent read that is due, and ends the formats of those that were away for too long. */
export const startDueCreativeAgents = defineTask({
  name: 'start_due_creative_agents',
  async run(_payload, { db, clock, log }) {
    const now = clock()
    const lapsed = await endLapsed(db, now)
    if (lapsed.length > 0)
      log.warn({ creative_agents: lapsed }, 'formats that are too old are not taken any more')
    const due = await db
      .selectFrom('creative_agents as agent')
      .innerJoin('tenants as t', 't.tenant_id', 'agent.tenant_id')
      .select('agent.creative_agent_id')
      .where('t.closed_at', 'is', null)
      .where('archived_at', 'is', null)
      .where((eb) => eb.or([eb('next_read_at', 'is', null), eb('next_read_at', '<=', now)]))
      .orderBy('next_read_at', (order) => order.asc().nullsFirst())
      .limit(AGENTS_A_TURN)
      .execute()
    if (due.length === 0) return
    await db.transaction().execute(async (trx) => {
      for (const agent of due) await enqueue(trx, 'read_creative_agent', agent)
    })
  },
})
