import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { When } from '../../parts/figures.tsx'
import { Place } from '../../parts/place.tsx'

export type AdServer = Awaited<ReturnType<ReturnType<typeof selectAdServers>['execute']>>[number]

/** The ad servers a publisher sells on: how they fare, and how old what is known of them is. */
export function selectAdServers(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('adapter_configs as c')
    .leftJoin('ad_server_traffic as traffic', 'traffic.connection_id', 'c.connection_id')
    .leftJoin('delivery_readings as figures', 'figures.connection_id', 'c.connection_id')
    .select([
      'c.connection_id',
      'c.name',
      'c.capabilities_synced_at',
      'traffic.broken_until',
      'figures.read_at as figures_at',
      sql<Date | null>`(select min(started_at) from sync_jobs s where s.connection_id = c.connection_id and s.state = 'current')`.as(
        'inventory_at',
      ),
      sql<string | null>`(select last.error ->> 'message' from (
        select distinct on (kind) state, error from sync_jobs s where s.connection_id = c.connection_id
        order by kind, generation desc) last where last.state = 'failed' limit 1)`.as('sync_error'),
      sql<string | null>`case when figures.failures >= 3 then figures.last_error ->> 'message' end`.as(
        'figures_error',
      ),
    ])
    .where('c.tenant_id', '=', tenant_id)
    .where('c.archived_at', 'is', null)
    .orderBy('c.name')
}

/** How each ad server fares, and since when what is known of it is known. */
export function AdServers({ visit, adServers }: { visit: Visit; adServers: readonly AdServer[] }) {
  return (
    <section aria-labelledby="ad-servers">
      <h2 id="ad-servers">Ad servers</h2>
      {adServers.length === 0 && <p class="empty">No ad server is connected.</p>}
      <ul class="lines">
        {adServers.map((one) => (
          <li>
            <p class="row">
              <Place visit={visit} room="ad_servers" rest={`/${one.connection_id}`}>
                {one.name}
              </Place>
              <Health adServer={one} />
            </p>
            <p class="faint">
              inventory <Read at={one.inventory_at} visit={visit} />, figures{' '}
              <Read at={one.figures_at} visit={visit} />
            </p>
            {(one.sync_error ?? one.figures_error) !== null && (
              <p class="problem">{one.sync_error ?? one.figures_error}</p>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Health({ adServer }: { adServer: AdServer }) {
  const { broken_until, capabilities_synced_at, sync_error, figures_error } = adServer
  if (broken_until) return <Badge status="out of order, its orders wait" tone="bad" />
  if (!capabilities_synced_at) return <Badge status="not heard of yet" tone="waiting" />
  if ((sync_error ?? figures_error) !== null) return <Badge status="cannot be read" tone="bad" />
  return <Badge status="well" tone="good" />
}

const Read = ({ at, visit }: { at: Date | null; visit: Visit }) =>
  at ? <When at={at} now={visit.now} /> : <>not read yet</>
