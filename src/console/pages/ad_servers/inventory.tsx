import { Hono } from 'hono'
import { selectAudiences, selectPlacements, selectUnits, unitsBelow } from '../../../queries/inventory.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { count } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import { kindOf } from './find.ts'
import { keyValues } from './key_values.tsx'
import { browse, nothingHere, pageOfRows, Pages, shelfPage } from './shelf.tsx'
import { unitPage } from './unit.tsx'
import { SoldBy, Units } from './units.tsx'
import { readUsage } from './usage.ts'

/** What an ad server holds to be sold and to aim with, as it was last read. */
export function inventory(desk: ConsoleDesk) {
  const db = desk.readDb
  return new Hono<VisitEnv>()
    .get('/:connection_id/inventory', async (c) => {
      const browsing = await browse(c, desk)
      if (!browsing) return c.notFound()
      const { one, visit, href, q, at } = browsing
      const all = selectUnits(db, one.connection_id, q)
      const { rows, total } = await pageOfRows(q === '' ? all.where(unitsBelow(null)) : all, at)
      const usage = await readUsage(db, kindOf(desk, one.kind), visit.tenant_id, one)
      return shelfPage(c, browsing, {
        shelf: 'ad_units',
        action: href,
        label: 'Name or id of an ad unit',
        children: (
          <>
            <Units units={rows} {...{ usage, href, q }} base={visit.base} above={[]} />
            <Pages {...{ at, total, of: 'ad units' }} href={withQ(href, q)} />
          </>
        ),
      })
    })
    .get('/:connection_id/inventory/placements', async (c) => {
      const browsing = await browse(c, desk)
      if (!browsing) return c.notFound()
      const { one, visit, href, q, at } = browsing
      const { rows, total } = await pageOfRows(selectPlacements(db, one.connection_id, q), at)
      const usage = await readUsage(db, kindOf(desk, one.kind), visit.tenant_id, one)
      const action = `${href}/placements`
      return shelfPage(c, browsing, {
        shelf: 'placements',
        action,
        label: 'Name or id of a placement',
        children: (
          <>
            <Table
              label="Placements"
              rows={rows}
              empty={nothingHere(q, 'placements')}
              columns={[
                { label: 'Name', cell: ({ name }) => name },
                { label: 'Id', cell: ({ id }) => <code>{id}</code> },
                { label: 'Standing', cell: ({ standing }) => <Badge status={standing} /> },
                { label: 'Ad units', number: true, cell: ({ ad_unit_ids }) => count(ad_unit_ids.length) },
                {
                  label: 'Sold by',
                  cell: ({ id }) => <SoldBy sellers={usage.ofPlacement(id)} base={visit.base} />,
                },
              ]}
            />
            <Pages {...{ at, total, of: 'placements' }} href={withQ(action, q)} />
          </>
        ),
      })
    })
    .get('/:connection_id/inventory/audiences', async (c) => {
      const browsing = await browse(c, desk)
      if (!browsing) return c.notFound()
      const { one, href, q, at } = browsing
      const { rows, total } = await pageOfRows(selectAudiences(db, one.connection_id, q), at)
      const action = `${href}/audiences`
      return shelfPage(c, browsing, {
        shelf: 'audience_segments',
        action,
        label: 'Name or id of an audience',
        children: (
          <>
            <Table
              label="Audiences"
              rows={rows}
              empty={nothingHere(q, 'audiences')}
              columns={[
                { label: 'Name', cell: ({ name }) => name },
                { label: 'Id', cell: ({ id }) => <code>{id}</code> },
                { label: 'Standing', cell: ({ standing }) => <Badge status={standing} /> },
                { label: 'Holds', number: true, cell: ({ size }) => (size === null ? '–' : count(size)) },
                { label: 'What it is', cell: ({ description }) => description ?? '' },
              ]}
            />
            <Pages {...{ at, total, of: 'audiences' }} href={withQ(action, q)} />
          </>
        ),
      })
    })
    .route('/', unitPage(desk))
    .route('/', keyValues(desk))
}

const withQ = (href: string, q: string) => (q === '' ? href : `${href}?q=${encodeURIComponent(q)}`)
