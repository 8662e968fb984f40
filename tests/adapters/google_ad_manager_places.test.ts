import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { placeOfRegion, regionsOf } from '../../src/adapters/google_ad_manager/targeting/regions.ts'
import { geoTargets } from '../support/google_ad_manager/geo_targets.ts'
import type { Thing } from '../support/google_ad_manager/objects.ts'
import { aBuy, aPackage, connectTo, heldFor } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle } from '../support/google_ad_manager/server.ts'
import { call, rejection } from './conformance.ts'

let google: FakeGoogle
beforeAll(async () => {
  google = await startFakeGoogle()
})
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
})

const listedIn = (country: string) =>
  geoTargets
    .filter(
      ({ CountryCode, Type }) => CountryCode === country && ['State', 'Region', 'Province'].includes(Type),
    )
    .map(({ Id, Name }) => ({ id: String(Id), name: String(Name) }))

describe('a region by its ISO 3166-2 code', () => {
  test.each(['US', 'DE', 'AT', 'AU', 'BR', 'IT'])('is found among those of %s by its name', (country) => {
    const places = listedIn(country)
    const found = regionsOf(country).flatMap(({ code }) => placeOfRegion(code, places) ?? [])
    expect(found.map(({ name }) => name).sort()).toEqual(
      listedIn(country)
        .map(({ name }) => name)
        .sort(),
    )
  })

  test.each([
    ['DE-HE', 'Hessen'],
    ['DE-BW', 'Baden-Wurttemberg'],
    ['FR-IDF', 'Ile-de-France'],
    ['PL-LD', undefined],
    ['PL-10', 'Lodz Voivodeship'],
    ['BR-SP', 'State of Sao Paulo'],
    ['BR-DF', 'Federal District'],
    ['MX-MEX', 'State of Mexico'],
    ['IT-45', 'Emilia-Romagna'],
    // the province of Milan is no region of Italy's list, and Kyiv is neither its district nor surely "Kyiv city"
    ['IT-MI', undefined],
    ['UA-30', undefined],
    ['UA-32', undefined],
  ])('%s is %s', (code, name) => {
    expect(placeOfRegion(code, listedIn(code.slice(0, 2)))?.name).toBe(name)
  })

  test('is nobody’s where two places have that name', () => {
    const twice = [
      { id: '1', name: 'Bavaria' },
      { id: '2', name: 'Bavaria' },
    ]
    expect(placeOfRegion('DE-BY', twice)).toBeUndefined()
  })
})

describe('a line item', () => {
  test('is targeted at regions of any country its network lists, read once for all of them', async () => {
    const item = await booked({ geo_regions: ['IT-52', 'FR-BRE', 'IT-25'] })
    expect(item['targeting'].geoTargeting.targetedLocations).toEqual([
      { id: '9053440' },
      { id: '20316' },
      { id: '9053433' },
    ])
    const asked = google.calls.filter(({ operation }) => operation === 'select').length
    await booked({ geo_regions: ['IT-52', 'IT-21'] })
    expect(google.calls.filter(({ operation }) => operation === 'select')).toHaveLength(asked)
  })

  test('is targeted at what Google calls a region and everybody else a country', async () => {
    const item = await booked({ geo_countries: ['HK'], geo_countries_exclude: ['PR'] })
    expect(item['targeting'].geoTargeting).toEqual({
      targetedLocations: [{ id: '2344' }],
      excludedLocations: [{ id: '2630' }],
    })
  })

  test('is never shown elsewhere for want of a name: the buy is refused before anything is booked', async () => {
    const buy = aBuy([aPackage({ targeting_overlay: { geo_regions: ['UA-30'] } })])
    const [order] = connectTo(google).planFulfilment(buy)
    if (!order) throw new Error('there is no plan')
    const error = await rejection(connectTo(google).executeStep(order, [], call()))
    expect(error).toMatchObject({ class: 'permanent', message: expect.stringContaining('region:UA-30') })
    expect(heldFor(google, buy).orders).toEqual([])
  })

  test('is targeted at what the publisher says a region is', async () => {
    const item = await booked({ geo_regions: ['UA-30'] }, { region_ids: { 'UA-30': '21118' } })
    expect(item['targeting'].geoTargeting.targetedLocations).toEqual([{ id: '21118' }])
  })

  test('is kept away from postal codes', async () => {
    const item = await booked({
      geo_countries: ['DE'],
      geo_postal_areas_exclude: [{ country: 'DE', system: 'plz', values: ['80331'] }],
    })
    expect(item['targeting'].geoTargeting).toEqual({
      targetedLocations: [{ id: '2276' }],
      excludedLocations: [{ id: '9042511' }],
    })
  })
})

async function booked(targeting_overlay: Record<string, unknown>, settings = {}): Promise<Thing> {
  const buy = aBuy([aPackage({ targeting_overlay })])
  const adapter = connectTo(google, settings)
  const [order, item] = adapter.planFulfilment(buy)
  if (!order || !item) throw new Error('there is no plan')
  const sent = await adapter.executeStep(order, [], call())
  if (sent.type !== 'done') throw new Error('the order was not booked')
  await adapter.executeStep(item, [{ ...order, external_ids: sent.external_ids }], call())
  return heldFor(google, buy).items[0] ?? {}
}
