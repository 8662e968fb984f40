import { expect, test } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { testDesk } from '../support/desk.ts'

const desk = testDesk()
const reads = tools.filter(({ kind }) => kind === 'read').map(({ name }) => name)

test.each(reads)('%s takes an idempotency key and gives it back, and never a kept answer', async (tool) => {
  const buyer = await desk.buyer()
  const { tools: listed } = await buyer.client.listTools()
  expect(listed.find(({ name }) => name === tool)?.inputSchema.properties).toHaveProperty('idempotency_key')
  for (const idempotency_key of ['a-key-of-a-reading-tool', 'short'])
    for (const again of [false, true]) {
      const { body, isError } = await buyer.call(tool, { idempotency_key })
      expect(body['replayed'], String(again)).not.toBe(true)
      if (isError) expect(body.errors?.map(({ field }) => field)).not.toContain('idempotency_key')
      else expect(body).toMatchObject({ idempotency_key })
    }
})
