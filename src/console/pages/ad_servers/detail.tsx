import { Hono } from 'hono'
import { selectLastCheck, type AdServer, type Check } from '../../../queries/ad_servers.ts'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { page } from '../../page.tsx'
import { count } from '../../parts/figures.tsx'
import { LiveRegion } from '../../parts/live_region.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Able } from './able.tsx'
import { Facts } from './facts.tsx'
import { connectionOf, findAdServer, kindOf } from './find.ts'
import { Findings } from './findings.tsx'
import { Freshness } from './freshness.tsx'
import { healthOf, HealthBadge } from './health.tsx'
import { readFreshness, type KindRead } from './select.ts'
import { SettingUp } from './setting_up.tsx'

/** One ad server: how it fares, how current what is known of it is, and what it can do. */
export function adServerDetail(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().get('/:connection_id', async (c) => {
    const visit = c.get('visit')
    const one = await findAdServer(c, desk)
    if (!one) return c.notFound()
    const check = await selectLastCheck(desk.readDb, connectionOf(c)).executeTakeFirst()
    const kind = kindOf(desk, one.kind)
    const here = `${visit.base}/ad_servers/${one.connection_id}`
    const reads = await readFreshness(desk.readDb, one)
    return page(
      c,
      { title: one.name, room: 'ad_servers' },
      <LiveRegion id="ad-server" topics={['ad_servers']} from={here}>
        <PageHead
          title={one.name}
          up={{ name: 'Ad servers', href: `${visit.base}/ad_servers` }}
          actions={one.connected_at && <Actions {...{ here, visit }} />}
        >
          {kind.name} <HealthBadge one={one} now={visit.now} />
        </PageHead>
        {one.connected_at === null ? (
          <SettingUp {...{ one, kind, check, visit }} />
        ) : (
          <Connected {...{ one, check, reads, visit, here }} />
        )}
      </LiveRegion>,
    )
  })
}

function Actions({ here, visit }: { here: string; visit: Visit }) {
  return (
    <>
      {may(visit.role, 'manage') && (
        <>
          <form method="post" action={`${here}/sync`}>
            <button class="primary">Read everything now</button>
          </form>
          <form method="post" action={`${here}/check`}>
            <button>Test</button>
          </form>
          <a class="button" href={`${here}/settings`}>
            Settings
          </a>
        </>
      )}
    </>
  )
}

interface Shown {
  one: AdServer
  check: Check | undefined
  reads: readonly KindRead[]
  visit: Visit
  here: string
}

function Connected({ one, check, reads, visit, here }: Shown) {
  const { why } = healthOf(one, visit.now)
  return (
    <>
      {why !== undefined && <p class="warning">{why}</p>}
      <div class="columns">
        <section class="card">
          <h2>The network</h2>
          <Facts {...{ one, visit }} />
        </section>
        <section class="card">
          <h2>The last test</h2>
          <Findings check={check} now={visit.now} />
        </section>
      </div>
      <h2>What is known of it</h2>
      <Freshness {...{ reads, visit, here }} />
      <p class="row">
        <a href={`${here}/inventory`}>Browse the inventory</a>
        <a href={`${here}/history`}>Every synchronisation so far</a>
        <span class="faint">{count(one.products)} products are sold over it.</span>
      </p>
      <h2>What it can do</h2>
      <Able capabilities={one.capabilities} />
    </>
  )
}
