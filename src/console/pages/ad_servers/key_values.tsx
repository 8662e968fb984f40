import { Hono } from 'hono'
import { selectTargetingKeys, selectTargetingValues } from '../../../queries/inventory.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { count } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import { browse, nothingHere, pageOfRows, Pages, shelfPage } from './shelf.tsx'

/** The keys an ad server can aim by, and the values of each. */
export function keyValues(desk: ConsoleDesk) {
  const db = desk.readDb
  return new Hono<VisitEnv>()
    .get('/:connection_id/inventory/keys', async (c) => {
      const browsing = await browse(c, desk)
      if (!browsing) return c.notFound()
      const { one, href, q, at } = browsing
      const { rows, total } = await pageOfRows(selectTargetingKeys(db, one.connection_id, q), at)
      const action = `${href}/keys`
      return shelfPage(c, browsing, {
        shelf: 'targeting_keys',
        action,
        label: 'Name or id of a key',
        children: (
          <>
            <Table
              label="Keys"
              rows={rows}
              empty={nothingHere(q, 'keys')}
              columns={[
                {
                  label: 'Key',
                  cell: ({ id, name }) => <a href={`${action}/${encodeURIComponent(id)}`}>{name}</a>,
                },
                { label: 'Shown as', cell: ({ display_name }) => display_name ?? '' },
                { label: 'Id', cell: ({ id }) => <code>{id}</code> },
                { label: 'Standing', cell: ({ standing }) => <Badge status={standing} /> },
                { label: 'Values', number: true, cell: ({ values }) => count(values) },
                {
                  label: 'Takes',
                  cell: ({ predefined }) => (predefined ? 'only these values' : 'any value'),
                },
              ]}
            />
            <Pages
              {...{ at, total, of: 'keys' }}
              href={q === '' ? action : `${action}?q=${encodeURIComponent(q)}`}
            />
          </>
        ),
      })
    })
    .get('/:connection_id/inventory/keys/:key_id', async (c) => {
      const browsing = await browse(c, desk)
      if (!browsing) return c.notFound()
      const { one, href, q, at } = browsing
      const id = c.req.param('key_id')
      const key = await selectTargetingKeys(db, one.connection_id).where('id', '=', id).executeTakeFirst()
      if (!key) return c.notFound()
      const { rows, total } = await pageOfRows(selectTargetingValues(db, one.connection_id, id, q), at)
      const action = `${href}/keys/${encodeURIComponent(id)}`
      return shelfPage(c, browsing, {
        shelf: 'targeting_keys',
        action,
        label: `Name or id of a value of ${key.name}`,
        children: (
          <>
            <h2>{key.name}</h2>
            <Table
              label={`Values of ${key.name}`}
              rows={rows}
              empty={nothingHere(q, 'values')}
              columns={[
                { label: 'Value', cell: ({ name }) => name },
                { label: 'Shown as', cell: ({ display_name }) => display_name ?? '' },
                { label: 'Id', cell: (value) => <code>{value.id}</code> },
                { label: 'Standing', cell: ({ standing }) => <Badge status={standing} /> },
              ]}
            />
            <Pages
              {...{ at, total, of: 'values' }}
              href={q === '' ? action : `${action}?q=${encodeURIComponent(q)}`}
            />
          </>
        ),
      })
    })
}
