import { aTag } from '../../support/creatives.ts'
import type { Args } from '../../support/desk.ts'
import type { Random } from '../random.ts'
import { REFUSED_BRAND } from './weather.ts'

/** What one buyer of the storm does: buys, and then changes its mind so often, each time after a while. */
export interface Wish {
  purchase: Args
  /** Made of the media buy's packages, once those have ids. */
  changes: { after_ms: number; change: (packageIds: readonly string[]) => Args }[]
}

const operator = 'agency.example'

/** So many different buyers: on one ad server or both, with and without creatives, some of whom nobody sells to. */
export function dreamUp(random: Random, count: number): Wish[] {
  return Array.from({ length: count }, (_one, i) => {
    const where = random.pick(['gam', 'gam', 'gam', 'adcp', 'adcp', 'both'] as const)
    const refused = random.chance(0.06)
    return {
      purchase: purchase(random, i, where, refused),
      changes: refused ? [] : changesOf(random, i, where),
    }
  })
}

function purchase(random: Random, i: number, where: 'gam' | 'adcp' | 'both', refused: boolean): Args {
  // some share a brand, and so an advertiser that has to be made
  const domain = `${refused ? REFUSED_BRAND : 'brand'}-${i % 60}.example`
  const count = 1 + random.below(3)
  const servers = where === 'both' ? (['gam', 'adcp'] as const) : [where]
  const creatives = random.chance(0.4) ? { creatives: [aTag(`storm_${i}`)] } : {}
  const packages = servers.flatMap((server) =>
    Array.from({ length: count }, (_one, n) => ({
      product_id: `on_${server}`,
      pricing_option_id: 'cpm',
      budget: 1000 * (n + 1) + i,
      ...creatives,
      // a country that this network does not know
      ...(refused && server === 'gam' && { targeting_overlay: { geo_countries: ['AT'] } }),
    })),
  )
  return {
    idempotency_key: `chaos-storm-buy-${String(i).padStart(6, '0')}`,
    account: { brand: { domain }, operator },
    brand: { domain },
    start_time: inDays(14),
    end_time: inDays(35),
    packages,
  }
}

/** Changes of heart; on the ad server that cannot be told a person is asked to make them, so there they are few. */
function changesOf(random: Random, i: number, where: 'gam' | 'adcp' | 'both'): Wish['changes'] {
  const many = where === 'gam' ? random.pick([0, 1, 1, 2, 3]) : Number(random.chance(0.15))
  const kinds: ((ids: readonly string[]) => Args)[] = [
    () => ({ paused: true }),
    () => ({ paused: true }),
    () => ({ paused: false }),
    () => ({ end_time: inDays(40 + random.below(20)) }),
    () => ({ canceled: true }),
    ([package_id]) => ({ packages: [{ package_id, budget: 9000 + random.below(1000) }] }),
    ([package_id]) => ({ packages: [{ package_id, paused: true }] }),
    ([package_id]) => ({ packages: [{ package_id, budget: 7000 + i, paused: false }] }),
  ]
  return Array.from({ length: many }, () => ({ after_ms: random.below(4000), change: random.pick(kinds) }))
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
