import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { aPurchase, callTool, testDesk, type Args } from '../support/desk.ts'
import { behave, booked } from '../support/orders.ts'
import { main } from '../support/processes.ts'

const desk = testDesk()
const authorization = async () => ({ authorization: `Bearer ${await desk.token()}` })

/** The three doors a buying agent may come through. */
const doors = {
  'Streamable HTTP': async () =>
    new StreamableHTTPClientTransport(new URL(`${desk.url}/mcp`), {
      requestInit: { headers: await authorization() },
    }),
  'legacy SSE': async () =>
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- what buyers of 2024 come with
    new SSEClientTransport(new URL(`${desk.url}/sse`), { requestInit: { headers: await authorization() } }),
  stdio: async () =>
    new StdioClientTransport({
      command: process.execPath,
      args: [main, 'stdio'],
      env: { DATABASE_URL: desk.databaseUrl, SALESDESK_TOKEN: await desk.token(), LOG_LEVEL: 'warn' },
    }),
}

beforeAll(async () => {
  // the example publisher's ad server takes its time; here nobody watches
  for (const product of ['trail_video_preroll', 'trail_video_premium']) await behave(desk.db, {}, product)
})

describe.each(Object.entries(doors))('a buying agent that comes in by %s', (_door, open) => {
  const client = new Client({ name: 'first-sale', version: '0' })
  const call = (tool: string, args: Args = {}) => callTool(client, tool, args)
  beforeAll(async () => {
    await client.connect(await open())
  })
  afterAll(() => client.close())

  test('sees the tools, what the desk can do, and whose advertising it sells', async () => {
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'create_media_buy',
      'get_account_financials',
      'get_adcp_capabilities',
      'get_media_buy_delivery',
      'get_media_buys',
      'get_products',
      'list_accounts',
      'list_authorized_properties',
      'list_creative_formats',
      'list_creatives',
      'provide_performance_feedback',
      'sync_accounts',
      'sync_creatives',
      'tasks_get',
      'tasks_list',
      'update_media_buy',
    ])
    expect((await call('get_adcp_capabilities')).body).toMatchObject({
      adcp: { supported_versions: expect.arrayContaining(['3.1']) },
    })
    expect((await call('list_authorized_properties')).body['publisher_domains']).toContain(
      'trailandpeak.example',
    )
    expect(((await call('list_creative_formats')).body['formats'] as unknown[]).length).toBeGreaterThan(5)
  })

  test('finds by a brief in plain words what it then buys', async () => {
    const { body } = await call('get_products', {
      buying_mode: 'brief',
      brief: 'Video for outdoor enthusiasts in Germany',
    })
    const [best] = body['products'] as { product_id: string; brief_relevance: string }[]
    expect(best?.product_id).toMatch(/^trail_/)
    expect(best?.brief_relevance).toBeTruthy()
  })

  test('buys, is answered before the order is placed, and buys nothing more by asking again', async () => {
    const order = aPurchase({
      packages: [
        {
          product_id: 'trail_video_preroll',
          pricing_option_id: 'cpm_eur_auction',
          budget: 4000,
          bid_price: 14,
        },
      ],
    })
    const bought = await call('create_media_buy', order)
    const id = String(bought.body['media_buy_id'])
    expect(await booked(desk.db, id)).toEqual({ orders: 0, line_items: 0 })
    await desk.runJobs()
    expect(await placementOf(id)).toMatchObject({ status: 'pending_creatives', state: 'placed' })
    const again = await call('create_media_buy', order)
    expect(again.body).toMatchObject({ media_buy_id: id, replayed: true })
    await desk.runJobs()
    expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 1 })
  })

  test('waits with a task for a person, who approves, and then has its order', async () => {
    const order = aPurchase({
      packages: [{ product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 8000 }],
    })
    const { body } = await call('create_media_buy', order)
    expect(body).toMatchObject({ status: 'submitted' })
    const task_id = String(body['task_id'])
    await desk.runJobs()
    expect((await call('tasks_get', { task_id })).body).toMatchObject({ status: 'submitted' })
    await decideApproval(desk.db, {
      tenant_id: 'northwind',
      id: task_id,
      decision: 'approved',
      decided_by: 'Dana',
      now: desk.now,
    })
    const { body: task } = await call('tasks_get', { task_id })
    expect(task).toMatchObject({ status: 'completed' })
    const id = (task['result'] as { media_buy_id: string }).media_buy_id
    await desk.runJobs()
    expect(await placementOf(id)).toMatchObject({ state: 'placed' })
  })

  test('is told why when the ad server says no', async () => {
    const order = aPurchase({
      packages: [
        {
          product_id: 'matchday_vertical_clips',
          pricing_option_id: 'cpm_eur_auction',
          budget: 2000,
          bid_price: 9,
        },
      ],
    })
    const id = String((await call('create_media_buy', order)).body['media_buy_id'])
    await desk.runJobs()
    const { body } = await call('get_media_buys', { media_buy_ids: [id] })
    expect(body).toMatchObject({
      media_buys: [
        { status: 'rejected', rejection_reason: expect.stringContaining('not enabled for this network') },
      ],
    })
  })

  async function placementOf(id: string): Promise<unknown> {
    const { body } = await call('get_media_buys', { media_buy_ids: [id] })
    const [found] = body['media_buys'] as {
      status: string
      ext: { salesdesk: { placement: { state: string } } }
    }[]
    return { status: found?.status, state: found?.ext.salesdesk.placement.state }
  }
})
