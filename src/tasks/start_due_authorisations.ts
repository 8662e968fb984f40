import { enqueue } from '../jobs.ts'
import { defineTask } from './define-task.ts'

const DOMAINS_A_TURN = 500

/** Has each domain asked that is due, those never asked first. Who nobody can name, because it has no PUBLIC_URL, asks nobody. */
export const startDueAuthorisations = defineTask({
  name: 'start_due_authorisations',
  async run(_payload, { db, clock, identity }) {
    if (!identity) return
    const due = await db
      .selectFrom('publisher_partners as d')
      .innerJoin('tenants as t', 't.tenant_id', 'd.tenant_id')
      .select(['d.tenant_id', 'd.publisher_domain'])
      .where('t.closed_at', 'is', null)
      .where('archived_at', 'is', null)
      .where((eb) => eb.or([eb('next_check_at', 'is', null), eb('next_check_at', '<=', clock())]))
      .orderBy('next_check_at', (order) => order.asc().nullsFirst())
      .limit(DOMAINS_A_TURN)
      .execute()
    if (due.length === 0) return
    await db.transaction().execute(async (trx) => {
      for (const domain of due) await enqueue(trx, 'check_authorisation', domain)
    })
  },
})
