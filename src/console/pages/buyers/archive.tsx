import { Hono, type Context } from 'hono'
import { archiveBuyer } from '../../../commands/buyers/archive_buyer.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { needs } from '../../needs.ts'
import { done } from '../../page.tsx'

/** Shutting a buyer out, and letting it in again. */
export function buyerArchive(desk: ConsoleDesk) {
  const act = async (c: Context<VisitEnv>, archived: boolean) => {
    const visit = c.get('visit')
    const principal_id = c.req.param('principal_id') ?? ''
    const by = { by: actorOf(visit), now: visit.now }
    const changed = await archiveBuyer(desk.db, { tenant_id: visit.tenant_id, principal_id, archived, ...by })
    const said = archived
      ? 'Archived. None of its tokens opens anything now; what it has bought goes on.'
      : 'It may buy here again, with the tokens it has.'
    return done(c, `${visit.base}/buyers/${principal_id}`, changed ? said : 'Nothing was to be changed.')
  }
  return new Hono<VisitEnv>()
    .post('/:principal_id/archive', needs('manage'), (c) => act(c, true))
    .post('/:principal_id/restore', needs('manage'), (c) => act(c, false))
}
