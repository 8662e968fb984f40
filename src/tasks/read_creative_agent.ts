import { readCreativeAgent as read } from './creative_agents/read.ts'
import { defineTask } from './define-task.ts'

/** Reads the formats of one creative agent (design: docs/creative-agents.md). */
export const readCreativeAgent = defineTask({
  name: 'read_creative_agent',
  async run({ creative_agent_id }, { db, clock, signal, log, webhooks, stepDeadlineMs }) {
    const { seal, allowLoopback } = webhooks
    const reach = { allowLoopback, signal, deadlineMs: stepDeadlineMs }
    const outcome = await read({ db, clock, seal, reach }, creative_agent_id)
    if (outcome && (outcome.problem !== '' || outcome.left_out > 0))
      log.warn({ creative_agent_id, ...outcome }, 'formats of a creative agent not read, or not all taken')
  },
})
