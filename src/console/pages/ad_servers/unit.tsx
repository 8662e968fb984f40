import { Hono } from 'hono'
import { readUnitsAbove, selectPlacements, selectUnits, unitsBelow } from '../../../queries/inventory.ts'
import { sql } from 'kysely'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { kindOf } from './find.ts'
import { browse, pageOfRows, Pages } from './shelf.tsx'
import { readUsage } from './usage.ts'
import { Units } from './units.tsx'

/** One ad unit: where it stands, what lies below it, and who sells it. */
export function unitPage(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().get('/:connection_id/inventory/units/:unit_id', async (c) => {
    const browsing = await browse(c, desk)
    if (!browsing) return c.notFound()
    const { one, visit, href, at } = browsing
    const id = c.req.param('unit_id')
    const [db, { connection_id }] = [desk.readDb, one]
    const unit = await selectUnits(db, connection_id).where('unit.id', '=', id).executeTakeFirst()
    if (!unit) return c.notFound()
    const above = await readUnitsAbove(db, connection_id, id)
    const below = await pageOfRows(selectUnits(db, connection_id).where(unitsBelow(id)), at)
    const usage = await readUsage(db, kindOf(desk, one.kind), visit.tenant_id, one)
    const path = above.map((each) => each.id)
    const placements = await selectPlacements(db, connection_id)
      .where(sql<boolean>`${id} = any (ad_unit_ids)`)
      .limit(100)
      .execute()
    const sellers = usage.ofUnit(id, path)
    const own = `${href}/units/${encodeURIComponent(id)}`
    return page(
      c,
      { title: `${unit.name}, ${one.name}`, room: 'ad_servers' },
      <>
        <PageHead title={unit.name} up={{ name: 'Inventory', href }}>
          {above.map((each) => (
            <>
              <a href={`${href}/units/${encodeURIComponent(each.id)}`}>{each.name}</a>
              {' › '}
            </>
          ))}
          {above.length > 0 && unit.name}
        </PageHead>
        <dl class="facts">
          <dt>Id</dt>
          <dd>
            <code>{unit.id}</code> {unit.standing !== 'active' && <Badge status={unit.standing} />}
          </dd>
          <dt>Code</dt>
          <dd>{unit.code === null ? 'None' : <code>{unit.code}</code>}</dd>
          <dt>Sizes</dt>
          <dd>{unit.sizes.join(', ') || 'Not said'}</dd>
          <dt>In placements</dt>
          <dd>{placements.map(({ name }) => name).join(', ') || 'None'}</dd>
          <dt>Sold by</dt>
          <dd>
            {sellers.length === 0
              ? 'No product'
              : sellers.map(({ product_id, name }, i) => (
                  <>
                    {i > 0 && ', '}
                    <a href={`${visit.base}/products/${product_id}`}>{name}</a>
                  </>
                ))}
          </dd>
        </dl>
        <h2>Below it</h2>
        <div class="below">
          {below.total === 0 ? (
            <p class="empty">Nothing lies below it.</p>
          ) : (
            <Units units={below.rows} {...{ usage, href }} base={visit.base} q="" above={[...path, id]} />
          )}
          <Pages {...{ at, total: below.total, href: own, of: 'ad units' }} />
        </div>
      </>,
    )
  })
}
