import { checkDomain } from './authorisation/check.ts'
import { defineTask } from './define-task.ts'

/** Asks one domain whether it names this agent in its adagents.json (design: docs/authorisation.md). */
export const checkAuthorisation = defineTask({
  name: 'check_authorisation',
  async run(domain, { db, clock, signal, log, webhooks, identity }) {
    if (!identity) return
    const { agentUrls, adagentsAt } = identity
    const reach = { allowLoopback: webhooks.allowLoopback, signal, adagentsAt }
    const verdict = await checkDomain({ db, clock, agentUrls, reach }, domain)
    if (verdict && verdict.verification !== 'verified')
      log.warn(
        { ...domain, verification: verdict.verification, detail: verdict.detail },
        'domain not verified',
      )
  },
})
