import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { recordDelivery, UnknownPackageError, type Delivery } from '../../src/commands/record_delivery.ts'
import { testDesk, type TestBuyer } from '../support/desk.ts'
import { buy } from '../support/orders.ts'

const desk = testDesk()
const now = new Date('2026-12-15T15:30:00Z')
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000)
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = now
  buyer = await desk.buyer()
})

const threePackages = [0.01, 1000, 2999.99].map((extra) => ({
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 1000 + extra,
  bid_price: 5,
}))

function record(media_buy_id: string, delivery: Partial<Delivery> & Pick<Delivery, 'figures'>) {
  const whole = {
    tenant_id: 'northwind',
    media_buy_id,
    day: '2026-12-14',
    source: 'sandbox',
    as_of: now,
    now,
    mode: 'add',
  } as const
  return desk.db.transaction().execute((trx) => recordDelivery(trx, { ...whole, ...delivery }))
}

const kept = (media_buy_id: string) =>
  desk.db
    .selectFrom('package_delivery')
    .selectAll()
    .where('media_buy_id', '=', media_buy_id)
    .orderBy('package_id')
    .execute()
const replaced = (media_buy_id: string) =>
  desk.db
    .selectFrom('package_delivery_history')
    .selectAll()
    .where('media_buy_id', '=', media_buy_id)
    .orderBy('generation')
    .execute()

async function totals(media_buy_id: string) {
  const rows = await kept(media_buy_id)
  const micros = (text: string) => BigInt(text.replace('.', ''))
  return {
    packages: rows.length,
    impressions: rows.reduce((sum, row) => sum + Number(row.impressions), 0),
    micros: rows.reduce((sum, row) => sum + micros(row.spend), 0n),
  }
}

describe('what a whole buy delivered', () => {
  test('is split over its packages by budget, and what is added later adds up to the last impression and cent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ impressions: fc.nat(10 ** 9), micros: fc.nat(10 ** 9) }), {
          minLength: 1,
          maxLength: 5,
        }),
        async (reports) => {
          const id = await buy(buyer, { packages: threePackages }, now)
          for (const { impressions, micros } of reports)
            await record(id, { figures: { impressions, spend: micros / 1e6 } })
          expect(await totals(id)).toEqual({
            packages: 3,
            impressions: reports.reduce((sum, one) => sum + one.impressions, 0),
            micros: reports.reduce((sum, one) => sum + BigInt(one.micros), 0n),
          })
        },
      ),
      { numRuns: 10 },
    )
  })

  test('leaves canceled packages out while others are left', async () => {
    const id = await buy(buyer, { packages: threePackages }, now)
    await desk.db
      .updateTable('media_packages')
      .set({ canceled: true })
      .where('media_buy_id', '=', id)
      .where('position', '>', 0)
      .execute()
    await record(id, { figures: { impressions: 10, spend: 1 } })
    expect(await totals(id)).toEqual({ packages: 1, impressions: 10, micros: 1_000_000n })
  })

  test('is there once for each of two reports that come at the same moment', async () => {
    const id = await buy(buyer, { packages: threePackages }, now)
    await Promise.all(
      Array.from({ length: 8 }, () => record(id, { figures: { impressions: 7, spend: 0.07 } })),
    )
    expect(await totals(id)).toEqual({ packages: 3, impressions: 56, micros: 560_000n })
  })
})

describe('figures of a day', () => {
  test('take the place of those before, which stay in the history', async () => {
    const id = await buy(buyer, {}, now)
    await record(id, { mode: 'replace', figures: { impressions: 100, spend: 1, clicks: 3 } })
    await record(id, {
      mode: 'replace',
      figures: { impressions: 90, spend: 0.9, clicks: 3 },
      as_of: later(1),
      now: later(2),
    })
    expect(await kept(id)).toMatchObject([
      { impressions: '90', spend: '0.900000', generation: 2, as_of: later(1) },
    ])
    expect(await replaced(id)).toMatchObject([
      { impressions: '100', spend: '1.000000', generation: 1, replaced_at: later(2) },
    ])
  })

  test('told again are not a correction, only fresher', async () => {
    const id = await buy(buyer, {}, now)
    const figures = { impressions: 100, spend: 1 }
    for (const minutes of [0, 1]) await record(id, { mode: 'replace', figures, as_of: later(minutes) })
    expect(await kept(id)).toMatchObject([{ generation: 1, as_of: later(1) }])
    expect(await replaced(id)).toEqual([])
  })

  test('that are overtaken by newer ones change nothing', async () => {
    const id = await buy(buyer, {}, now)
    await record(id, { mode: 'replace', figures: { impressions: 100, spend: 1 }, as_of: later(5) })
    await record(id, { mode: 'replace', figures: { impressions: 90, spend: 0.9 }, as_of: later(1) })
    expect(await kept(id)).toMatchObject([{ impressions: '100', generation: 1 }])
  })

  test('that were not measured before are added to nothing', async () => {
    const id = await buy(buyer, {}, now)
    await record(id, { figures: { impressions: 1, spend: 0 } })
    expect(await kept(id)).toMatchObject([{ clicks: null, conversion_value: null }])
    await record(id, { figures: { impressions: 1, spend: 0, clicks: 2, conversion_value: 0.5 } })
    await record(id, { figures: { impressions: 1, spend: 0 } })
    expect(await kept(id)).toMatchObject([{ impressions: '3', clicks: '2', conversion_value: '0.500000' }])
  })

  test('keep hours and sources apart', async () => {
    const id = await buy(buyer, {}, now)
    const figures = { impressions: 1, spend: 0 }
    for (const hour of [0, 0, 23]) await record(id, { mode: 'replace', hour, figures })
    await record(id, { mode: 'replace', source: 'ad_server', figures })
    expect(await kept(id)).toHaveLength(3)
  })

  test('can be closed, and opened by a later change', async () => {
    const id = await buy(buyer, {}, now)
    await record(id, { mode: 'replace', final: true, figures: { impressions: 1, spend: 0 } })
    await record(id, { mode: 'replace', final: true, figures: { impressions: 1, spend: 0 }, now: later(1) })
    expect(await kept(id)).toMatchObject([{ finalized_at: now }])
    await record(id, { mode: 'replace', figures: { impressions: 2, spend: 0 } })
    expect(await kept(id)).toMatchObject([{ finalized_at: null }])
  })

  test('are never negative, of another publisher, or of a package the buy does not have', async () => {
    const [id, other] = [await buy(buyer, {}, now), await buy(buyer, {}, now)]
    const figures = { impressions: 1, spend: 1 }
    await record(other, { figures })
    const [{ package_id } = { package_id: '' }] = await kept(other)
    await expect(record(id, { figures: { impressions: -1, spend: 1 } })).rejects.toThrow('impressions_check')
    await expect(record(id, { figures: { impressions: 1, spend: -1 } })).rejects.toThrow('spend_check')
    await expect(record(id, { package_id, figures })).rejects.toThrow(UnknownPackageError)
    await expect(record(id, { tenant_id: 'somebody_else', figures })).rejects.toThrow(UnknownPackageError)
    expect(await kept(id)).toEqual([])
  })

  test('can neither be deleted nor taken out of the history', async () => {
    const id = await buy(buyer, {}, now)
    for (const impressions of [1, 2])
      await record(id, { mode: 'replace', figures: { impressions, spend: 0 } })
    await expect(desk.db.deleteFrom('package_delivery').execute()).rejects.toThrow('append-only')
    await expect(desk.db.deleteFrom('package_delivery_history').execute()).rejects.toThrow('append-only')
    expect(await replaced(id)).toHaveLength(1)
  })
})
