import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { testDesk } from '../support/desk.ts'
import { behave, buy, callsFor, change, fulfilmentsOf, served, stepsOf } from '../support/orders.ts'

const desk = testDesk()

test('orders placed before changes could be sent are brought along, and follow their buys from then on', async () => {
  // ahead of the wall clock, so that only what this test lets become due is due
  desk.now = new Date(Date.now() + 86_400_000)
  const buyer = await desk.buyer()
  const bought = async (behaviour: Record<string, unknown>) => {
    await behave(desk.db, behaviour)
    const targeting_overlay = { geo_countries: ['DE'] }
    const id = await buy(buyer, { package: { targeting_overlay, pacing: 'asap' } }, desk.now)
    await desk.runJobs()
    return id
  }
  const placed = await bought({})
  const waiting = await bought({ approval_ms: 3_600_000 })
  const asked = await bought({ needs_person: 'The rate card changed.' })
  const halfway = await bought({ busy: 1 })
  await behave(desk.db, {})
  const as = await everything()

  await sql`update fulfilments set planned_revision = 0`.execute(desk.db)
  await sql`update fulfilment_steps set effects = '[]'`.execute(desk.db)
  await sql`update workflow_steps set fulfilment_id = null`.execute(desk.db)
  await sql`drop index fulfilment_steps_external_key`.execute(desk.db)
  await sql`delete from schema_migrations where name = '0027_orders_that_stand'`.execute(desk.db)
  expect(await migrate(desk.pool)).toEqual(['0027_orders_that_stand'])

  expect(await everything()).toEqual(as)
  for (const id of [placed, waiting, asked, halfway])
    await change(desk.db, id, { packages: { budget: '1.00' } })
  desk.now = new Date(desk.now.getTime() + 10_000)
  await desk.runJobs()
  expect((await callsFor(desk.db, placed)).slice(2)).toEqual(['update_line_item'])
  const states = { [placed]: 'placed', [waiting]: 'waiting', [asked]: 'placed', [halfway]: 'placed' }
  for (const [id, state] of Object.entries(states)) {
    expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '1.00' } }])
    expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ state }])
    expect(new Set((await stepsOf(desk.db, id)).map((step) => step.state)).has('intent')).toBe(false)
  }
})

/** What the backfill has to find again. */
async function everything() {
  const { rows } = await sql<Record<string, unknown>>`
    select f.fulfilment_id, f.state, f.planned_revision, s.kind, s.effects, w.fulfilment_id as asked_about
    from fulfilments f join fulfilment_steps s using (fulfilment_id)
    left join workflow_steps w on w.fulfilment_step_id = s.fulfilment_step_id
    order by f.fulfilment_id, s.position`.execute(desk.db)
  return rows
}
