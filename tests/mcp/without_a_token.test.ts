import { describe, expect, test } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { testDesk, type Args } from '../support/desk.ts'
import { ask, rpcCall } from '../support/raw_http.ts'

const desk = testDesk()
const shared = testDesk()
const post = (body: object, headers: Record<string, string> = {}, url = desk.url) =>
  ask(`${url}/mcp`, { headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }) })
const call = (tool: string, args: Args = {}, url = desk.url) => post(rpcCall(tool, args), {}, url)
const open = ['get_adcp_capabilities', 'list_creative_formats', 'get_products']
const challenge = 'Bearer realm="salesdesk"'

describe('somebody without a token', () => {
  test.each(tools.map(({ name }) => name))(
    'is answered by %s only if that is for everybody',
    async (tool) => {
      const answer = await call(tool)
      expect(answer.status).toBe(open.includes(tool) ? 200 : 401)
      if (open.includes(tool)) expect(answer.json().result?.isError).not.toBe(true)
      else expect(answer.headers['www-authenticate']).toBe(challenge)
    },
  )

  test('may say hello and see which tools there are, as every buyer sees them', async () => {
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'x', version: '1' },
    }
    expect((await post({ method: 'initialize', params })).status).toBe(200)
    const listed = (await post({ method: 'tools/list' })).json().result?.tools?.map(({ name }) => name)
    const buyer = await desk.buyer()
    expect(listed).toEqual((await buyer.client.listTools()).tools.map(({ name }) => name))
    for (const method of ['resources/list', 'tools/call', 'no/such/thing'])
      expect((await post({ method })).status).toBe(401)
    expect((await ask(`${desk.url}/mcp`, { body: '[]' })).status).toBe(401)
    expect((await ask(`${desk.url}/mcp`, { body: 'x'.repeat(70_000) })).status).toBe(401)
  })

  test('finds products and never a price', async () => {
    const answer = await call('get_products', {
      fields: ['name', 'pricing_options'],
      pagination: { max_results: 100 },
    })
    const body = answer.json().result?.structuredContent as {
      products: { pricing_options: Args[] }[]
      message: string
    }
    expect(body.products.length).toBeGreaterThan(40)
    expect(body.message).toContain('Prices are told to buyers with a token.')
    for (const { pricing_options } of body.products) {
      expect(pricing_options.length).toBeGreaterThan(0)
      for (const option of pricing_options)
        expect(['pricing_option_id', 'pricing_model', 'currency', 'parameters']).toEqual(
          expect.arrayContaining(Object.keys(option)),
        )
    }
    expect(answer.text).not.toMatch(/fixed_price|floor_price|price_guidance|min_spend|max_bid|proposal_id/)
  })

  test('finds nothing whose owner refuses that it is sold here', async () => {
    const found = async () => {
      const answer = await call('get_products', { pagination: { max_results: 100 } })
      const body = answer.json().result?.structuredContent as { products: { product_id: string }[] }
      return body.products.map(({ product_id }) => product_id)
    }
    expect(await found()).not.toEqual([])
    const verify = (verification: 'verified' | 'refused') =>
      desk.db.updateTable('publisher_partners').set({ verification }).execute()
    await verify('refused')
    expect(await found()).toEqual([])
    await verify('verified')
  })

  test('cannot find a price by asking what a budget buys', async () => {
    const filters = { budget_range: { max: 100, currency: 'EUR' } }
    const { result } = (await call('get_products', { filters })).json()
    expect(result?.structuredContent?.adcp_error).toMatchObject({
      code: 'AUTH_REQUIRED',
      field: 'filters.budget_range',
    })
  })

  test('is a stranger on a desk of several publishers, where nobody can say whose products are meant', async () => {
    await seedAnotherPublisher(shared.db)
    for (const tool of open) expect((await call(tool, {}, shared.url)).status).toBe(401)
  })

  test('gets no stream of the old transport', async () => {
    expect((await ask(`${desk.url}/sse`, { method: 'GET' })).status).toBe(401)
  })
})

test('a token that is not valid is refused everywhere, also where none is needed', async () => {
  for (const tool of open) {
    const answer = await post(rpcCall(tool, {}), { authorization: 'Bearer sd_unknown' })
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      `${challenge}, error="invalid_token"`,
    ])
  }
})
