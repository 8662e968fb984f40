import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { ConsoleDesk, Visit, VisitEnv } from './desk.ts'
import { adServers } from './pages/ad_servers.tsx'
import { connectAdServer } from './pages/ad_servers/connect.tsx'
import { approvals } from './pages/approvals.tsx'
import { audit } from './pages/audit.tsx'
import { buyers } from './pages/buyers.tsx'
import { creatives } from './pages/creatives.tsx'
import { jobs } from './pages/jobs.tsx'
import { liveUpdates } from './pages/live.ts'
import { mediaBuys } from './pages/media_buys.tsx'
import { overview } from './pages/overview.tsx'
import { settings } from './pages/settings.tsx'
import { products } from './pages/products.tsx'
import { webhooks } from './pages/webhooks.tsx'
import { findPerson } from './session.ts'

/** The pages of one publisher, under /console/<tenant_id>, for its members only. */
export function rooms(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .use('/:tenant_id/*', visiting(desk))
    .route('/:tenant_id', overview(desk))
    .route('/:tenant_id/live', liveUpdates(desk))
    .route('/:tenant_id/settings', settings(desk))
    .route('/:tenant_id/approvals', approvals(desk))
    .route('/:tenant_id/buyers', buyers(desk))
    .route('/:tenant_id/ad_servers', adServers(desk))
    .route('/:tenant_id/connect', connectAdServer(desk))
    .route('/:tenant_id/audit', audit(desk))
    .route('/:tenant_id/media_buys', mediaBuys(desk))
    .route('/:tenant_id/products', products(desk))
    .route('/:tenant_id/creatives', creatives(desk))
    .route('/:tenant_id/webhooks', webhooks(desk))
    .route('/:tenant_id/jobs', jobs(desk))
}

/** Lets members in and sends everybody else to sign in. A publisher one does not work for looks like one that is not there. */
const visiting = (desk: ConsoleDesk) =>
  createMiddleware<VisitEnv>(async (c, next) => {
    const person = await findPerson(c, desk)
    if (!person) {
      const { pathname, search } = new URL(c.req.url)
      const back = c.req.method === 'GET' ? `?to=${encodeURIComponent(pathname + search)}` : ''
      return c.redirect(`/console/sign-in${back}`, 303)
    }
    const visit = await findVisit(desk, person, c.req.param('tenant_id') ?? '')
    if (!visit) return c.notFound()
    c.set('visit', visit)
    return next()
  })

async function findVisit(
  desk: ConsoleDesk,
  person: Visit['person'],
  tenant_id: string,
): Promise<Visit | undefined> {
  const publishers = await desk.readDb
    .selectFrom('memberships as m')
    .innerJoin('tenants as t', 't.tenant_id', 'm.tenant_id')
    .select(['t.tenant_id', 't.name', 'm.role'])
    .where('m.user_id', '=', person.user_id)
    .where('t.closed_at', 'is', null)
    .orderBy('t.name')
    .execute()
  const here = publishers.find((one) => one.tenant_id === tenant_id)
  if (!here) return undefined
  const { role, name: publisher } = here
  return { person, role, tenant_id, publisher, publishers, base: `/console/${tenant_id}`, now: desk.clock() }
}
