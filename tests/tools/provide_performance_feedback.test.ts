import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rowCounts } from '../support/row_counts.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer
let bought: { media_buy_id: string; package_id: string }
let other: typeof bought
let before: Record<string, number>
let serial = 0

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
  bought = await buy()
  other = await buy()
})
beforeEach(async () => {
  before = await rowCounts(desk.db)
})

async function buy(as = buyer, rest: Args = {}) {
  const { body } = await as.call('create_media_buy', aPurchase(rest, desk.now))
  const [item] = body['packages'] as { package_id: string }[]
  return { media_buy_id: String(body['media_buy_id']), package_id: item?.package_id ?? '' }
}
const feedback = (rest: Args = {}) => ({
  idempotency_key: `test-feedback-${String(++serial).padStart(8, '0')}`,
  media_buy_id: bought.media_buy_id,
  measurement_period: { start: '2026-12-01T00:00:00Z', end: '2026-12-08T00:00:00+01:00' },
  performance_index: 1.25,
  ...rest,
})
const give = (args: Args, as = buyer) => as.call('provide_performance_feedback', args)
const stored = () => desk.db.selectFrom('performance_feedback').selectAll().execute()

test('feedback on a package is kept as it was given', async () => {
  const args = feedback({
    package_id: bought.package_id,
    metric_type: 'viewability',
    feedback_source: 'third_party_measurement',
  })
  const { body, texts } = await give(args)
  expect(body).toEqual({
    status: 'completed',
    success: true,
    idempotency_key: args.idempotency_key,
    replayed: false,
  })
  expect(texts[1]).toContain('has your feedback')
  expect((await stored()).at(-1)).toMatchObject({
    principal_id: 'pinnacle',
    media_buy_id: bought.media_buy_id,
    package_id: bought.package_id,
    performance_index: 1.25,
    metric_type: 'viewability',
    feedback_source: 'third_party_measurement',
    period_start: new Date('2026-12-01T00:00:00Z'),
    period_end: new Date('2026-12-07T23:00:00Z'),
    received_at: desk.now,
  })
})

test('feedback on a whole buy says by default what AdCP says it does', async () => {
  await give(feedback({ performance_index: 0 }))
  expect((await stored()).at(-1)).toMatchObject({
    package_id: null,
    performance_index: 0,
    metric_type: 'overall_performance',
    feedback_source: 'buyer_attribution',
  })
})

test('sent again, even twenty times at once, it is kept once; its key takes no other feedback', async () => {
  const args = feedback()
  const answers = await Promise.all(Array.from({ length: 20 }, () => give(args)))
  expect(answers.filter(({ body }) => body['replayed'] === false)).toHaveLength(1)
  expect(answers.every(({ body }) => body['success'] === true)).toBe(true)
  const after = await rowCounts(desk.db)
  expect(after['public.performance_feedback']).toBe((before['public.performance_feedback'] ?? 0) + 1)
  const changed = await give({ ...args, performance_index: 2 })
  expect(changed.body.adcp_error?.code).toBe('IDEMPOTENCY_CONFLICT')
  expect(await rowCounts(desk.db)).toEqual(after)
})

test('in a sandbox it says so', async () => {
  const sandbox = await desk.buyer('sandbox_agent')
  const { media_buy_id } = await buy(sandbox, { account: { account_id: 'acc_sandbox' } })
  expect((await give(feedback({ media_buy_id }), sandbox)).body).toMatchObject({
    success: true,
    sandbox: true,
  })
})

describe('nothing is kept of feedback', () => {
  const refusal = async (args: Args, as = buyer) => {
    const answer = await give(args, as)
    expect(answer.isError).toBe(true)
    expect(await rowCounts(desk.db)).toEqual(before)
    return answer
  }

  test('on a media buy of somebody else, which looks like one that does not exist', async () => {
    const stranger = await desk.buyer('acme_direct')
    before = await rowCounts(desk.db)
    const theirs = await refusal(feedback(), stranger)
    expect(theirs.body.adcp_error).toMatchObject({ code: 'MEDIA_BUY_NOT_FOUND', field: 'media_buy_id' })
    expect(await refusal(feedback({ media_buy_id: 'mb_nobody' }), stranger)).toEqual(theirs)
  })

  test('on a purchase that still waits for approval', async () => {
    await buyer.call('create_media_buy', aPurchase({ package: { budget: 60_000 } }, desk.now))
    before = await rowCounts(desk.db)
    const { media_buy_id } = await desk.db
      .selectFrom('media_buys')
      .select('media_buy_id')
      .where('status', '=', 'pending_approval')
      .executeTakeFirstOrThrow()
    const { body } = await refusal(feedback({ media_buy_id }))
    expect(body.adcp_error?.code).toBe('MEDIA_BUY_NOT_FOUND')
  })

  test('on a package of another buy, which looks like one that does not exist', async () => {
    const theirs = await refusal(feedback({ package_id: other.package_id }))
    expect(theirs.body.adcp_error).toMatchObject({ code: 'PACKAGE_NOT_FOUND', field: 'package_id' })
    expect(await refusal(feedback({ package_id: 'pkg_nobody' }))).toEqual(theirs)
  })

  test.each<[string, Args, string, string]>([
    ['below zero', { performance_index: -0.1 }, 'INVALID_REQUEST', 'performance_index'],
    [
      'for a time that ends before it starts',
      { measurement_period: { start: '2026-12-02T00:00:00Z', end: '2026-12-01T00:00:00Z' } },
      'INVALID_REQUEST',
      'measurement_period',
    ],
    ['on one creative', { creative_id: 'cr_1' }, 'UNSUPPORTED_FEATURE', 'creative_id'],
    ['without a key', { idempotency_key: undefined }, 'INVALID_REQUEST', 'idempotency_key'],
  ])('%s', async (_what, change, code, field) => {
    const { body } = await refusal(feedback(change))
    expect(body.adcp_error).toMatchObject({ code, field })
  })
})
