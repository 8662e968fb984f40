import type { FakeGoogle } from '../google_ad_manager/server.ts'
import type { Thing } from '../google_ad_manager/objects.ts'
import type { Books } from './wanted.ts'

const countries: Readonly<Record<string, string>> = { US: '2840', DE: '2276' }

/** The fake Google's own books. */
export const googleBooks = (google: FakeGoogle): Books => ({
  async standing(mediaBuyId) {
    const { orders, lineItems, creatives, associations } = google.books
    const mine = orders.filter(({ name }) => String(name).endsWith(`[adcp:${mediaBuyId}]`))
    const nameOf = (creativeId: unknown) =>
      String(creatives.find(({ id }) => id === creativeId)?.['name']).replace(/ \[.*/, '')
    const showing = (item: Thing) =>
      associations
        .filter(({ lineItemId, status }) => lineItemId === item['id'] && status === 'ACTIVE')
        .map(({ creativeId }) => ({ name: nameOf(creativeId), weight: null }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    return {
      orders: mine.map(({ status, archived }) => (archived ? 'canceled' : String(status).toLowerCase())),
      items: lineItems
        .filter(({ orderId }) => mine.some(({ id }) => id === orderId))
        .map((item) => ({
          package_id: String(item['externalId']).split(':')[2] ?? '',
          state: item['archived'] ? 'canceled' : item['paused'] ? 'paused' : 'ready',
          creatives: showing(item),
          units: (item['primaryGoal'] as Thing)['units'],
          microAmount: (item['costPerUnit'] as Thing)['microAmount'],
          countries: ((item['targeting'] as Thing)['geoTargeting']?.targetedLocations ?? []).map(
            ({ id }: Thing) => id,
          ),
          end: dayOf(item['endDateTime'] as Thing),
        })),
      creatives: creatives.map(({ name }) => String(name)).filter((name) => name.includes(mediaBuyId)),
    }
  },
  item: ({ package_id, paused, creatives, budget, bid_price, end_time, targeting_overlay }) => ({
    package_id,
    state: paused ? 'paused' : 'ready',
    creatives,
    units: String(Math.floor((Number(budget) * 1000) / Number(bid_price))),
    microAmount: String(Number(bid_price) * 1_000_000),
    countries: ((targeting_overlay as { geo_countries?: string[] } | null)?.geo_countries ?? []).map(
      (code) => countries[code],
    ),
    end: end_time.toLocaleDateString('en-CA', { timeZone: 'America/New_York' }),
  }),
})

const dayOf = ({ date: { year, month, day } }: Thing) =>
  [year, String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-')
