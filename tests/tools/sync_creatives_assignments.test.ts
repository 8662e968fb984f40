import { beforeAll, describe, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { moveMediaBuy } from '../../src/commands/move_media_buy.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { rowCounts } from '../support/row_counts.ts'

const desk = testDesk()
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

interface Package {
  package_id: string
  creative_assignments?: Args[]
  creative_approvals?: Args[]
}
interface Buy {
  media_buy_id: string
  status: string
  revision: number
  packages: Package[]
  history: Args[]
}
const item = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}

async function bought(packages: Args[] = [item], as = buyer, rest: Args = {}): Promise<Buy> {
  const { body } = await as.call('create_media_buy', aPurchase({ packages, ...rest }, desk.now))
  expect(body.errors).toBeUndefined()
  return seen(String(body['media_buy_id']), as)
}
async function seen(id: string, as = buyer): Promise<Buy> {
  const { body } = await as.call('get_media_buys', { media_buy_ids: [id], include_history: 5 })
  return (body['media_buys'] as [Buy])[0]
}
const packageOf = (buy: Buy, i = 0) => buy.packages[i]?.package_id ?? expect.unreachable()
const sync = (assignments: Args[], overrides: Args = {}) =>
  buyer.call('sync_creatives', aSync({ assignments, ...overrides }))
const onto = (package_id: string, rest: Args = {}) => ({ creative_id: 'banner_1', package_id, ...rest })
const move = (buy: Buy, to: 'paused' | 'canceled' | 'active') =>
  desk.db
    .transaction()
    .execute((trx) =>
      moveMediaBuy(
        trx,
        { kind: 'operator', name: 'test' },
        { tenant_id: 'northwind', media_buy_id: buy.media_buy_id, to, action: to, now: desk.now },
      ),
    )

describe('a media buy that waits for creatives', () => {
  test('is ready to start once its package has one, with a new revision and a line of history', async () => {
    const buy = await bought()
    expect([buy.status, buy.packages[0]?.creative_approvals]).toEqual(['pending_creatives', undefined])
    const { body } = await sync([onto(packageOf(buy), { weight: 40 })])
    expect(body['creatives']).toMatchObject([{ creative_id: 'banner_1', assigned_to: [packageOf(buy)] }])
    const after = await seen(buy.media_buy_id)
    expect([after.status, after.revision]).toEqual(['pending_start', buy.revision + 1])
    expect(after.history[0]).toMatchObject({
      action: 'creatives_assigned',
      summary: 'pending_creatives → pending_start',
      revision: 2,
    })
    expect(after.packages[0]).toMatchObject({
      creative_assignments: [{ creative_id: 'banner_1', weight: 40 }],
      creative_approvals: [{ creative_id: 'banner_1', approval_status: 'approved' }],
    })
  })

  test('waits until every package has one', async () => {
    const buy = await bought([item, item])
    await sync([onto(packageOf(buy, 0))])
    expect((await seen(buy.media_buy_id)).status).toBe('pending_creatives')
    await sync([onto(packageOf(buy, 1))])
    expect(await seen(buy.media_buy_id)).toMatchObject({ status: 'pending_start', revision: 2 })
  })

  test('moves once when two syncs bring its creatives at the same time', async () => {
    const buy = await bought([item, item])
    const answers = await Promise.all(
      [0, 1, 0, 1].map((i) => sync([onto(packageOf(buy, i))], { creatives: [aBanner('banner_1')] })),
    )
    expect(answers.map(({ isError }) => isError)).toEqual([false, false, false, false])
    expect(await seen(buy.media_buy_id)).toMatchObject({ status: 'pending_start', revision: 2 })
  })

  test('stays where it is in a dry run', async () => {
    const buy = await bought()
    const before = await rowCounts(desk.db)
    const { body } = await sync([onto(packageOf(buy))], { dry_run: true })
    expect(body['creatives']).toMatchObject([{ assigned_to: [packageOf(buy)] }])
    expect(await seen(buy.media_buy_id)).toEqual(buy)
    expect(await rowCounts(desk.db)).toEqual(before)
  })
})

describe('a purchase that names creatives of the library', () => {
  test('is ready to start at once, and shows them in its answer', async () => {
    await sync([], { assignments: undefined })
    const packages = [{ ...item, creative_assignments: [{ creative_id: 'banner_1', weight: 0 }] }]
    const { body } = await buyer.call('create_media_buy', aPurchase({ packages }, desk.now))
    expect(body).toMatchObject({
      status: 'pending_start',
      revision: 1,
      packages: [{ creative_assignments: [{ creative_id: 'banner_1', weight: 0 }] }],
    })
  })

  test('waits when one of its packages names none', async () => {
    const packages = [{ ...item, creative_assignments: [{ creative_id: 'banner_1' }] }, item]
    expect((await bought(packages)).status).toBe('pending_creatives')
  })

  test('is ready to start as soon as a person has approved it', async () => {
    const packages = [{ ...item, budget: 60_000, creative_assignments: [{ creative_id: 'banner_1' }] }]
    const { body } = await buyer.call('create_media_buy', aPurchase({ packages }, desk.now))
    const id = String(body['task_id'])
    await decideApproval(desk.db, {
      tenant_id: 'northwind',
      id,
      decision: 'approved',
      decided_by: 'Kim',
      now: desk.now,
    })
    const task = await buyer.call('tasks_get', { task_id: id })
    expect(task.body['result']).toMatchObject({ status: 'pending_start' })
  })

  test.each<[string, Args[], string, string]>([
    ['that do not exist', [{ creative_id: 'nobody' }], 'CREATIVE_NOT_FOUND', '[0].creative_id'],
    [
      'twice',
      [{ creative_id: 'banner_1' }, { creative_id: 'banner_1' }],
      'INVALID_REQUEST',
      '[1].creative_id',
    ],
    [
      'for one placement',
      [{ creative_id: 'banner_1', placement_ids: ['top'] }],
      'UNSUPPORTED_FEATURE',
      '[0].placement_ids',
    ],
    ['of another format', [{ creative_id: 'tall' }], 'INVALID_REQUEST', '[0].creative_id'],
    ['that are archived', [{ creative_id: 'gone' }], 'CREATIVE_NOT_FOUND', '[0].creative_id'],
  ])('%s is refused and stores nothing', async (_what, creative_assignments, code, field) => {
    await sync([], {
      creatives: [aBanner('tall', tall), aBanner('gone'), aBanner('banner_1')],
      assignments: undefined,
    })
    await desk.db
      .updateTable('creatives')
      .set({ status: 'archived' })
      .where('creative_id', '=', 'gone')
      .execute()
    const before = await rowCounts(desk.db)
    const { body } = await buyer.call(
      'create_media_buy',
      aPurchase({ package: { creative_assignments } }, desk.now),
    )
    expect(body.errors?.map((one) => [one.code, one.field])).toEqual([
      [code, `packages[0].creative_assignments${field}`],
    ])
    expect(await rowCounts(desk.db)).toEqual(before)
  })
})

const tall = {
  format_id: { id: 'display_300x600_image' },
  assets: {
    banner_image: { asset_type: 'image', url: 'https://cdn.example/t.png', width: 300, height: 600 },
    click_url: { asset_type: 'url', url: 'https://acme.example/' },
  },
}

describe('an assignment that cannot be', () => {
  const refused = async (assignment: Args, overrides: Args = {}) => {
    const before = await rowCounts(desk.db)
    const strict = await sync([assignment], overrides)
    expect(strict.isError).toBe(true)
    expect(await rowCounts(desk.db)).toEqual(before)
    const lenient = await sync([assignment], { ...overrides, validation_mode: 'lenient' })
    expect(lenient.isError).toBe(false)
    const count = await desk.db.selectFrom('creative_assignments').select('package_id').execute()
    expect(count).toHaveLength(before['public.creative_assignments'] ?? 0)
    return { ...strict.body.adcp_error, results: lenient.body['creatives'] as Args[] }
  }

  test('because nobody has the package, or somebody else does, is refused in the same words', async () => {
    const acme = await desk.buyer('acme_direct')
    const theirs = packageOf(await bought([item], acme, { account: { account_id: 'acc_acme_direct' } }))
    const waiting = await buyer.call('create_media_buy', aPurchase({ package: { budget: 60_000 } }, desk.now))
    expect(waiting.body['task_id']).toBeTruthy()
    const { package_id: unapproved } = await desk.db
      .selectFrom('media_packages as p')
      .innerJoin('media_buys as b', 'b.media_buy_id', 'p.media_buy_id')
      .select('p.package_id')
      .where('b.status', '=', 'pending_approval')
      .executeTakeFirstOrThrow()
    const answers = [
      await refused(onto('pkg_nobody')),
      await refused(onto(theirs)),
      await refused(onto(unapproved)),
    ]
    for (const {
      results: [result],
      ...error
    } of answers) {
      expect(error).toMatchObject({ code: 'PACKAGE_NOT_FOUND', field: 'assignments[0].package_id' })
      expect(error).toEqual({ ...answers[0], results: undefined })
      expect(Object.values(result?.['assignment_errors'] as object)).toEqual([
        'PACKAGE_NOT_FOUND: None of your media buys has this package.',
      ])
    }
  })

  test('because the creative is not in the library', async () => {
    const buy = await bought()
    const { code, field, results } = await refused(onto(packageOf(buy), { creative_id: 'nobody' }))
    expect([code, field]).toEqual(['CREATIVE_NOT_FOUND', 'assignments[0].creative_id'])
    expect(results[1]).toMatchObject({
      creative_id: 'nobody',
      action: 'failed',
      errors: [{ code: 'CREATIVE_NOT_FOUND' }],
    })
  })

  test('because the package does not take the format', async () => {
    const buy = await bought()
    const { code, results } = await refused(onto(packageOf(buy), { creative_id: 'tall' }), {
      creatives: [aBanner('tall', tall)],
    })
    expect(code).toBe('INVALID_REQUEST')
    expect(results).toMatchObject([{ creative_id: 'tall', status: 'approved' }])
  })

  test('because placements are not sold one by one', async () => {
    const buy = await bought()
    expect(await refused(onto(packageOf(buy), { placement_ids: ['top'] }))).toMatchObject({
      code: 'UNSUPPORTED_FEATURE',
      field: 'assignments[0].placement_ids',
    })
  })

  test('because the media buy is over', async () => {
    const buy = await bought()
    await move(buy, 'canceled')
    expect((await refused(onto(packageOf(buy)))).code).toBe('INVALID_STATE')
  })

  test('because its creative_deadline has passed; what is there already may be said again', async () => {
    const [buy, other] = [await bought(), await bought()]
    await sync([onto(packageOf(buy))])
    const now = desk.now
    desk.now = new Date('2026-12-27T15:30:01Z')
    try {
      expect((await refused(onto(packageOf(other)))).code).toBe('CREATIVE_DEADLINE_EXCEEDED')
      expect((await sync([onto(packageOf(buy))])).isError).toBe(false)
      const changed = aBanner('banner_1', { assets: { ...(aBanner('x')['assets'] as Args) } })
      expect(
        (await sync([], { creatives: [changed], assignments: undefined })).body.adcp_error,
      ).toMatchObject({
        code: 'CREATIVE_DEADLINE_EXCEEDED',
        field: 'creatives[0]',
      })
      const renamed = aBanner('banner_1', { name: 'Renamed' })
      expect((await sync([], { creatives: [renamed], assignments: undefined })).isError).toBe(false)
    } finally {
      desk.now = now
    }
  })
})

describe('delete_missing', () => {
  const archive = () =>
    buyer.call(
      'sync_creatives',
      aSync({
        creatives: [aBanner('only')],
        delete_missing: true,
        account: { account_id: 'acc_lumen_pinnacle' },
      }),
    )
  const account = { account_id: 'acc_lumen_pinnacle' }

  test('keeps what a package needs, and says so; a paused one does not need it', async () => {
    const [buy, paused] = [await bought([item], buyer, { account }), await bought([item], buyer, { account })]
    await sync(
      [
        { creative_id: 'busy', package_id: packageOf(buy) },
        { creative_id: 'resting', package_id: packageOf(paused) },
      ],
      { creatives: [aBanner('busy'), aBanner('resting')], account },
    )
    await move(paused, 'paused')
    const { body } = await archive()
    expect(body['creatives']).toMatchObject([
      { creative_id: 'only', action: 'created' },
      { creative_id: 'resting', action: 'deleted' },
      { creative_id: 'busy', action: 'unchanged', warnings: [expect.stringContaining('Not archived')] },
    ])
    expect((await seen(paused.media_buy_id)).packages[0]?.creative_approvals).toBeUndefined()
    expect((await seen(buy.media_buy_id)).packages[0]?.creative_approvals).toHaveLength(1)
  })

  test('and a purchase of what it would archive, at the same time: the creative stays, or the purchase is refused', async () => {
    const outcomes = []
    for (let round = 0; round < 8; round++) {
      const id = `wanted_${round}`
      await sync([], { creatives: [aBanner(id)], account, assignments: undefined })
      const purchase = aPurchase(
        { package: { creative_assignments: [{ creative_id: id }] }, account },
        desk.now,
      )
      const [archived, bought] = await Promise.all([archive(), buyer.call('create_media_buy', purchase)])
      expect(archived.isError).toBe(false)
      const result = (archived.body['creatives'] as Args[]).find(({ creative_id }) => creative_id === id)
      outcomes.push([result?.['action'], bought.body.adcp_error?.code ?? bought.body['status']].join(', '))
    }
    expect(['unchanged, pending_start', 'deleted, CREATIVE_NOT_FOUND']).toEqual(
      expect.arrayContaining(outcomes),
    )
  })
})
