import { z } from 'zod'
import { asSaid, ownId } from '../../adcp/own_ids.ts'
import { sumMoney } from '../../adcp/money.ts'
import { currency, dateTime, mediaBuyStatus } from '../../adcp/request_schemas.ts'
import { addPackages } from '../../commands/media_buy_terms/add_packages.ts'
import { agreedPackage, draftPackages, type AgreedPackage } from '../../commands/media_buy_terms/draft.ts'
import { recordEvent } from '../../commands/record.ts'
import { resolveAccount } from '../../commands/resolve_account.ts'
import { jsonb, type Trx } from '../../db/database.ts'
import { mayKnow } from '../../queries/on_sale.ts'
import type { Principal } from '../define-tool.ts'
import { actorOf, invalidParams } from './scenario.ts'
import { seed } from './seed.ts'
import { anAccount } from './seed_creative.ts'

const DAY = 86_400_000
const BUDGET = 1000

const fixture = z.looseObject({
  status: mediaBuyStatus.default('active'),
  currency: currency.optional(),
  start_time: dateTime.optional(),
  end_time: dateTime.optional(),
  packages: z
    .array(
      z.looseObject({
        package_id: z.string().min(1).max(200).optional(),
        product_id: z.string().min(1).max(200).optional(),
        pricing_option_id: z.string().min(1).max(200).optional(),
        budget: z.number().positive().max(1e9).optional(),
      }),
    )
    .min(1)
    .default([{}]),
})
type Fixture = z.infer<typeof fixture>

/** A media buy that stands where the fixture says, with a package of what is on sale where it names none. It is placed nowhere. */
export const seedMediaBuy = seed({
  kind: 'media_buy',
  params: z.looseObject({ media_buy_id: z.string().min(1).max(200), fixture: fixture.prefault({}) }),
  idOf: ({ media_buy_id }) => media_buy_id,
  async insert(trx, { media_buy_id: named, fixture }, sandbox) {
    const { principal, now } = sandbox
    const { tenant_id, principal_id } = principal
    const media_buy_id = ownId(principal_id, named)
    const account = await resolveAccount(trx, principal, sandbox.account ?? anAccount)
    const flight = flightOf(fixture, now)
    const packages = await packagesOf(trx, principal, fixture, flight)
    const { status } = fixture
    await trx
      .insertInto('media_buys')
      .values({
        media_buy_id,
        tenant_id,
        principal_id,
        account_id: account.account_id,
        status,
        brand: jsonb(sandbox.account?.brand ?? anAccount.brand),
        currency: packages[0]?.price.currency ?? '',
        total_budget: sumMoney(packages.map(({ budget }) => budget)),
        start_time: flight.start,
        end_time: flight.end,
        confirmed_at: now,
        request: jsonb({ seeded: fixture }),
        created_at: now,
        updated_at: now,
      })
      .execute()
    await addPackages(trx, { ...principal, media_buy_id }, packages, 0, now)
    const created = { tenant_id, media_buy_id, action: 'created', revision: 1, to_status: status }
    await recordEvent(trx, actorOf(sandbox), created)
  },
})

/** From a month before to a month after, unless it says otherwise. */
function flightOf({ start_time, end_time }: Fixture, now: Date) {
  const start = start_time === undefined ? new Date(now.getTime() - 30 * DAY) : new Date(start_time)
  const end =
    end_time === undefined
      ? new Date(Math.max(now.getTime(), start.getTime()) + 30 * DAY)
      : new Date(end_time)
  if (end <= start) throw invalidParams('fixture.end_time: it must be after start_time.')
  return { start, end }
}

async function packagesOf(
  trx: Trx,
  principal: Principal,
  { packages, currency }: Fixture,
  flight: ReturnType<typeof flightOf>,
): Promise<AgreedPackage[]> {
  const { principal_id } = principal
  const chosen = []
  for (const item of packages) {
    const option = await selectOption(trx, principal, item, currency).executeTakeFirst()
    if (!option)
      throw invalidParams('fixture.packages: nothing of that kind is on sale. Seed the product first.')
    chosen.push({ ...option, budget: item.budget ?? BUDGET })
  }
  const drafts = await draftPackages(trx, principal, chosen, flight)
  return drafts.flatMap(agreedPackage).map((item, i) => {
    const named = packages[i]?.package_id
    return named === undefined
      ? item
      : { ...item, package_id: ownId(principal_id, asSaid(principal_id, named)) }
  })
}

/** A product and price that fit what a fixture says of its package; of the buyer's own seeds first. */
function selectOption(
  trx: Trx,
  principal: Principal,
  { product_id, pricing_option_id }: Fixture['packages'][number],
  currency: string | undefined,
) {
  const ids = [product_id ?? '', ownId(principal.principal_id, product_id ?? '')]
  return trx
    .selectFrom('products as p')
    .innerJoin('pricing_options as option', (join) =>
      join.onRef('option.tenant_id', '=', 'p.tenant_id').onRef('option.product_id', '=', 'p.product_id'),
    )
    .select(['p.product_id', 'option.pricing_option_id'])
    .where('p.tenant_id', '=', principal.tenant_id)
    .where('p.archived_at', 'is', null)
    .where(mayKnow(principal))
    .$if(product_id !== undefined, (q) => q.where('p.product_id', 'in', ids))
    .$if(pricing_option_id !== undefined, (q) =>
      q.where('option.pricing_option_id', '=', pricing_option_id ?? ''),
    )
    .$if(currency !== undefined, (q) => q.where('option.currency', '=', currency ?? ''))
    .orderBy('p.sandbox_of', (order) => order.asc().nullsLast())
    .orderBy('p.product_id')
    .orderBy('option.position')
    .limit(1)
}
