import { jsonb, type Db } from '../../../src/db/database.ts'

/** What the mock ad server of AdCP's SDK asks for. */
export const secret = 'mock_sales_guaranteed_key_do_not_use_in_prod'
/** Where a worker finds it. */
export const secretIn = { SALESDESK_SECRET_MOCK: secret }

/** Has the bench's product sold on an ad server at this address. */
export async function sellThere(db: Db, base_url: string): Promise<void> {
  const settings = { base_url, network_code: 'net_premium_us', advertiser_id: 'adv_volta' }
  const capabilities = db.selectFrom('adapter_configs').select('capabilities').where('kind', '=', 'simulated')
  await db
    .insertInto('adapter_configs')
    .values({
      connection_id: 'bench',
      tenant_id: 'northwind',
      kind: 'adcp_mock',
      name: 'AdCP ad server',
      secret_name: 'SALESDESK_SECRET_MOCK',
      settings: jsonb({ ...settings, poll_interval_ms: 200 }),
      capabilities: capabilities.limit(1),
    })
    .execute()
  await db
    .updateTable('products')
    .set({
      connection_id: 'bench',
      ad_server_config: jsonb({
        product_id: 'sports_preroll_q2_guaranteed',
        ad_unit_targeting: ['au_us_video_preroll'],
      }),
    })
    .where('product_id', '=', 'trail_display_run_of_site')
    .execute()
  await db
    .updateTable('pricing_options')
    .set({ floor_price: null, fixed_price: '5' })
    .where('product_id', '=', 'trail_display_run_of_site')
    .execute()
}
