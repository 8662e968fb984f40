import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { testDesk } from '../support/desk.ts'
import { onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { killAll, run } from '../support/processes.ts'

const google = await startFakeGoogle()
const desk = testDesk()
const check = (secret = google.serviceAccount, ...args: string[]) =>
  run(['gam', 'check', ...args], { DATABASE_URL: desk.databaseUrl, SALESDESK_SECRET_GAM: secret })

beforeAll(async () => {
  const row = {
    connection_id: 'gam',
    tenant_id: 'northwind',
    kind: 'google_ad_manager',
    name: 'Google Ad Manager',
    secret_name: 'SALESDESK_SECRET_GAM',
    settings: jsonb(google.settings),
  }
  await desk.db.insertInto('adapter_configs').values(row).execute()
  await sell(onHomepage)
})
afterEach(killAll)
afterAll(() => google.close())

describe('salesdesk gam check', () => {
  test('says what a publisher should know before it sells over a connection', async () => {
    const { code, stdout } = await check()
    expect(stdout).toMatch(/ok +API version +v202608, until 2027-08/)
    expect(stdout).toMatch(/ok +network +Northwind Media \(21700000000\), a test network/)
    expect(stdout).toMatch(/ok +user +Salesdesk \(salesdesk@northwind\.iam\.example\), Trafficker/)
    expect(stdout).toMatch(/ok +time zone +America\/New_York/)
    expect(stdout).toMatch(/ok +currency +USD, EUR, GBP/)
    expect(stdout).toMatch(/ok +rights/)
    expect(stdout).toMatch(/ok +trail_display_run_of_site +can be sold/)
    expect(code).toBe(0)
  })

  test('names a product whose key-values the network does not have, and ends with an error', async () => {
    await sell({ ...onHomepage, key_values: { pos: ['middle'] } })
    const { code, stdout } = await check()
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAIL +trail_display_run_of_site.*pos=middle/)
    await sell(onHomepage)
  })

  test('names the ad units and placements of a product that are not there to be sold', async () => {
    await sell({ ...onHomepage, ad_unit_ids: ['2001', '2009'], placement_ids: ['3001', '3999'] })
    const { code, stdout } = await check()
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAIL +trail_display_run_of_site +not active in the network: 2009, 3999/)
    await sell(onHomepage)
  })

  test('asks for the sizes of a product only where its formats have none', async () => {
    await sell({ ad_unit_ids: ['2001'] })
    expect((await check()).stdout).toMatch(/ok +trail_display_run_of_site +can be sold/)
    await desk.db
      .updateTable('creative_formats')
      .set({ definition: jsonb({ renders: [{ role: 'primary', dimensions: { aspect_ratio: '16:9' } }] }) })
      .execute()
    const { code, stdout } = await check()
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAIL +trail_display_run_of_site .*no.* has a fixed size; name .* placeholders/)
    await sell(onHomepage)
  })

  test('tells of a key Google does not take, and shows nothing of it', async () => {
    const other = await startFakeGoogle()
    await other.close()
    const key = JSON.parse(other.serviceAccount) as Record<string, string>
    const { code, stdout, stderr } = await check(JSON.stringify({ ...key, token_uri: `${google.url}/token` }))
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /FAIL +network +Google gives this service account no access token \(invalid_grant\)/,
    )
    expect(stdout + stderr).not.toContain('PRIVATE KEY')
  })

  test('tells of a secret that is missing and of a connection there is none of', async () => {
    expect((await check('')).stdout).toMatch(/FAIL +connection/)
    const { code, stderr } = await check(google.serviceAccount, 'house')
    expect(code).toBe(1)
    expect(stderr).toContain('There is no connection house of kind google_ad_manager.')
  })

  test('warns of a version of the API that ends soon or has ended', async () => {
    await set({ ...google.settings, api_version: 'v202502' })
    expect((await check()).stdout).toMatch(/FAIL +API version +v202502 ended in 2026-02; set api_version/)
    await set(google.settings)
  })
})

async function sell(ad_server_config: Record<string, unknown>): Promise<void> {
  await desk.db
    .updateTable('products')
    .set({ connection_id: 'gam', ad_server_config: jsonb(ad_server_config) })
    .where('product_id', '=', 'trail_display_run_of_site')
    .execute()
}

async function set(settings: Record<string, unknown>): Promise<void> {
  await desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb(settings) })
    .where('connection_id', '=', 'gam')
    .execute()
}
