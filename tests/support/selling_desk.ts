import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { aSync } from './creatives.ts'
import { testDesk, type Args, type TestBuyer } from './desk.ts'
import { startFaultProxy, type FaultProxy } from './fault_proxy.ts'
import { listeningLog } from './log_lines.ts'
import { buy, fulfilmentsOf, stepsOf } from './orders.ts'
import { run } from './processes.ts'
import { askStandings } from './standings.ts'
import { aChange } from './updates.ts'

const product_id = 'trail_display_run_of_site'

/** A desk that sells one product on this ad server, reached through a proxy that can do harm. */
export function sellingDesk(
  kind: string,
  server: { url: string; secret: string },
  config: { settings: Args; ad_server_config: Args; fixed_price?: string },
) {
  const log = listeningLog()
  const desk = testDesk({ SALESDESK_SECRET_AD_SERVER: server.secret }, { log: log.log })
  const it = {} as { proxy: FaultProxy }

  beforeAll(async () => {
    it.proxy = await startFaultProxy(server.url)
    const row = { connection_id: kind, tenant_id: 'northwind', kind, name: kind }
    const settings = jsonb({ base_url: it.proxy.url, ...config.settings })
    await desk.db
      .insertInto('adapter_configs')
      .values({ ...row, secret_name: 'SALESDESK_SECRET_AD_SERVER', settings })
      .execute()
    await desk.db
      .updateTable('products')
      .set({ connection_id: kind, ad_server_config: jsonb(config.ad_server_config) })
      .where('product_id', '=', product_id)
      .execute()
    if (config.fixed_price !== undefined)
      await desk.db
        .updateTable('pricing_options')
        .set({ floor_price: null, fixed_price: config.fixed_price })
        .where('product_id', '=', product_id)
        .execute()
    await desk.db
      .transaction()
      .execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: kind }))
    await desk.runJobs(new Date())
  })
  beforeEach(() => {
    // ahead of the wall clock, so that only what a test lets become due is due
    desk.now = new Date(Math.max(desk.now.getTime(), Date.now() + 86_400_000))
    it.proxy.forget()
  })
  afterAll(() => it.proxy.close())

  const stateOf = async (id: string) => (await fulfilmentsOf(desk.db, id))[0]?.state

  return Object.assign(it, {
    desk,
    log,
    stateOf,
    /** Works until the order is placed, as often as it has to be tried again. */
    async untilPlaced(id: string): Promise<void> {
      await desk.runJobs()
      for (let i = 0; i < 12 && (await stateOf(id)) !== 'placed'; i++) {
        const open = (await stepsOf(desk.db, id)).filter(({ state }) => !['done', 'dropped'].includes(state))
        const next = open[0]?.next_at
        if (!next) throw new Error(`nothing is to be tried again: ${JSON.stringify(open)}`)
        desk.now = next
        await desk.runJobs()
      }
      expect(await stateOf(id)).toBe('placed')
    },
    /** Changes it over MCP; whatever is due is worked off. */
    async change(buyer: TestBuyer, id: string, args: Args): Promise<void> {
      const { isError, texts } = await buyer.call('update_media_buy', aChange(id, args))
      expect(isError ? texts : []).toEqual([])
      await desk.runJobs()
    },
    /** Brings a banner and puts it on a package. */
    async show(buyer: TestBuyer, package_id: string): Promise<void> {
      const assignments = [{ creative_id: 'banner_1', package_id }]
      const { isError, texts } = await buyer.call('sync_creatives', aSync({ assignments }))
      expect(isError ? texts : []).toEqual([])
      await desk.runJobs()
    },
    /** A media buy that began an hour ago, for every clock there is, and shows a banner. Nothing was called before: the clock goes back. */
    async running(buyer: TestBuyer, overrides: Args & { package?: Args } = {}): Promise<string> {
      desk.now = new Date(Date.now() - 3_600_000)
      const id = await buy(buyer, { start_time: 'asap', ...overrides }, desk.now)
      await this.untilPlaced(id)
      await this.show(buyer, await this.packageOf(id))
      desk.now = new Date()
      await askStandings(desk, 'turn_media_buys')
      return id
    },
    /** It began so long ago, as far as the desk is concerned; what its ad server delivered is read until there is nothing more to be. */
    async readDelivery(id: string, began: Date): Promise<void> {
      for (const table of ['media_packages', 'media_buys'] as const)
        await desk.db.updateTable(table).set({ start_time: began }).where('media_buy_id', '=', id).execute()
      await desk.db
        .updateTable('media_buys')
        .set({ status: 'active' })
        .where('media_buy_id', '=', id)
        .execute()
      await desk.db.transaction().execute((trx) => enqueue(trx, 'read_due_deliveries', {}))
      // a report may have to be waited for
      for (let i = 0; i < 3; i++) {
        await desk.runJobs()
        desk.now = new Date(desk.now.getTime() + 10_000)
      }
    },
    /** What the command line says of it to the publisher. */
    async cli(...args: string[]): Promise<string> {
      const env = { DATABASE_URL: desk.databaseUrl, SALESDESK_SECRET_AD_SERVER: server.secret }
      const { stdout, stderr } = await run(args, env)
      expect(stdout + stderr).not.toContain(server.secret)
      return stdout
    },
    /** Names other places in the product. */
    sellOn: (ad_server_config: Args) =>
      desk.db
        .updateTable('products')
        .set({ ad_server_config: jsonb(ad_server_config) })
        .where('product_id', '=', product_id)
        .execute(),
    async packageOf(id: string): Promise<string> {
      const steps = await stepsOf(desk.db, id)
      return steps.find(({ package_id }) => package_id !== null)?.package_id ?? ''
    },
  })
}
