import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDesk } from '../support/desk.ts'
import { startFakeKevel } from '../support/kevel/server.ts'
import { manyAdUnits } from '../support/google_ad_manager/inventory.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { adUnits, connectGoogle, connectKevel, sync } from '../support/synchronisation.ts'
import { formIn, member, type Answer, type Visitor } from '../support/visitor.ts'

const google = await startFakeGoogle()
const kevel = await startFakeKevel()
const desk = testDesk({
  SALESDESK_SECRET_GAM: google.serviceAccount,
  SALESDESK_SECRET_KEVEL: kevel.key,
})
const here = '/console/northwind/products/trail_display_run_of_site/edit'
let manager: Visitor
beforeAll(async () => {
  google.books.inventory.adUnits = manyAdUnits(80, new Date())
  await connectGoogle(desk, google)
  await desk.runJobs(new Date())
  await sync(desk, 'gam', 'ad_units')
  await sync(desk, 'gam', 'placements')
  await desk.runJobs()
  manager = await member(desk, 'manager')
})
afterAll(() => Promise.all([google.close(), kevel.close()]))

const idsIn = ({ html }: Answer, kind: string) =>
  [...html.matchAll(new RegExp(`<input type="checkbox" name="${kind}" value="([^"]+)"`, 'g'))].map(
    ([, id]) => id,
  )
const config = async () => {
  const { ad_server_config } = await desk.db
    .selectFrom('products')
    .select('ad_server_config')
    .where('product_id', '=', 'trail_display_run_of_site')
    .executeTakeFirstOrThrow()
  return ad_server_config
}

describe('a publisher who says where on its ad server a product runs', () => {
  it('walks from the top, finds by words, and what is ticked is what the ad server is told', async () => {
    const units = await adUnits(desk.db, 'gam')
    const tops = units.filter(({ parent_id, standing }) => parent_id === null && standing === 'active')
    const form = { ...formIn(await manager.get(here), 'product'), connection_id: 'gam' }
    const top = await manager.post(here, { ...form, do: 'find' })
    expect(idsIn(top, 'ad_units')).toEqual(tops.map(({ id }) => id))
    const [first] = tops
    const inside = await manager.post(here, { ...form, do: `open.${first?.id}` })
    const below = units.filter(({ parent_id, standing }) => parent_id === first?.id && standing === 'active')
    expect(below.length).toBeGreaterThan(0)
    expect(idsIn(inside, 'ad_units').sort()).toEqual(below.map(({ id }) => id).sort())
    const [wanted] = below
    const found = await manager.post(here, { ...form, find: wanted?.name.toUpperCase() ?? '', do: 'find' })
    expect(idsIn(found, 'ad_units')).toContain(wanted?.id)
    const [placement] = idsIn(top, 'placements')
    const picked = { ad_units: wanted?.id ?? '', placements: placement ?? '' }
    expect((await manager.post(here, { ...form, ...picked, do: 'save' })).status).toBe(303)
    expect(await config()).toEqual({ ad_unit_ids: [wanted?.id], placement_ids: [placement] })
  })

  it('sees what is ticked again, wherever it looks, and loses none of it', async () => {
    const before = await config()
    const form = formIn(await manager.get(here), 'product')
    const elsewhere = formIn(
      await manager.post(here, { ...form, find: 'no such thing', do: 'find' }),
      'product',
    )
    expect([elsewhere['ad_units'], elsewhere['placements']]).toEqual([form['ad_units'], form['placements']])
    await manager.post(here, { ...elsewhere, name: 'Renamed', do: 'save' })
    expect(await config()).toEqual(before)
  })

  it('sees all that is ticked, however much it is, and that a long list goes on', async () => {
    const active = (await adUnits(desk.db, 'gam')).filter(({ standing }) => standing === 'active')
    expect(active.length).toBeGreaterThan(70)
    const form = formIn(await manager.get(here), 'product')
    const find = { ...form, find: 'unit', do: 'find' }
    const few = await manager.post(here, { ...find, ad_units: [] })
    expect(few.html.includes('The first 60 are shown')).toBe(true)
    const ad_units = active.slice(0, 65).map(({ id }) => id)
    const many = await manager.post(here, { ...find, ad_units })
    expect(many.html).not.toContain('not among what was last read')
    expect(idsIn(many, 'ad_units')).toEqual(expect.arrayContaining(ad_units))
  })
})

describe('a publisher who sells on Kevel', () => {
  beforeAll(() => connectKevel(desk, kevel))

  it('picks sites and zones below them by name; the ad server is told both, and what else it needs stays', async () => {
    const config_of_kevel = 'priority_id: 702\nad_types:\n  - { ad_type_id: 5, width: 300, height: 250 }\n'
    const form = {
      ...formIn(await manager.get(here), 'product'),
      ...{ connection_id: 'kevel', ad_units: '', placements: '', ad_server_config: config_of_kevel },
    }
    const top = await manager.post(here, { ...form, do: 'find' })
    expect(idsIn(top, 'ad_units').filter((id) => id !== '')).toEqual(['site:801', 'site:802'])
    const inside = await manager.post(here, { ...form, do: 'open.site:801' })
    expect(inside.html).toContain('Homepage top')
    expect(idsIn(inside, 'ad_units')).toContain('site:801/zone:901')
    const saved = await manager.post(here, { ...form, ad_units: 'site:801/zone:901', do: 'save' })
    expect(saved.status).toBe(303)
    const ad_types = [{ ad_type_id: 5, width: 300, height: 250 }]
    expect(await config()).toEqual({
      ...{ priority_id: 702, ad_types },
      site_zones: [{ site_id: 801, zone_id: 901 }],
    })
    const again = await manager.get(here)
    expect(again.html).toMatch(/value="site:801\/zone:901" checked/)
    const whole = { ...formIn(again, 'product'), ad_units: 'site:802', do: 'save' }
    expect((await manager.post(here, whole)).status).toBe(303)
    expect(await config()).toMatchObject({ site_zones: [{ site_id: 802 }] })
  })
})
