import { nextId, Refusal, rowOf, type Books, type Row } from './books.ts'
import { asKept, checkCampaign, checkCreative, checkFlight, forms, read } from './rules.ts'
import { poll, queue } from './reports.ts'

export interface Asked {
  books: Books
  /** What stood in the path. */
  id: string
  second: string
  query: URLSearchParams
  body: unknown
}
type Route = (asked: Asked) => unknown

/** More would be given; so few make every list come in pages. */
const LARGEST_PAGE = 3

function pageOf(rows: Row[], query: URLSearchParams): object {
  const pageSize = Math.min(LARGEST_PAGE, Number(query.get('pageSize') ?? 500))
  const page = Number(query.get('page') ?? 1)
  const items = rows.slice((page - 1) * pageSize, page * pageSize)
  return { page, pageSize, totalPages: Math.ceil(rows.length / pageSize), totalItems: rows.length, items }
}

function add(rows: Row[], row: object): Row {
  const added = { ...asKept(row), Id: nextId() }
  rows.push(added)
  return added
}

const live = ({ IsDeleted, IsArchived }: Row) => !IsDeleted && !IsArchived

/** The routes of the Management API that adapters use, by method and path. */
export const routes: [string, RegExp, Route][] = [
  ['GET', /^\/v1\/advertiser$/, ({ books, query }) => pageOf(books.advertisers, query)],
  ['GET', /^\/v1\/advertiser\/(\d+)$/, ({ books, id }) => rowOf(books.advertisers, id, 'Advertiser')],
  ['GET', /^\/v1\/site$/, ({ books, query }) => pageOf(books.sites, query)],
  ['GET', /^\/v1\/zone$/, ({ books, query }) => pageOf(books.zones, query)],
  ['GET', /^\/v1\/segment$/, ({ books, query }) => pageOf(books.segments, query)],
  ['GET', /^\/v1\/campaign$/, ({ books, query }) => pageOf(books.campaigns, query)],
  ['GET', /^\/v1\/flight$/, ({ books, query }) => pageOf(books.flights.filter(live), query)],
  ['POST', /^\/v1\/report\/queue$/, ({ books, body }) => queue(books, body)],
  ['GET', /^\/v1\/report\/queue\/([\w-]+)$/, ({ books, id }) => poll(books, id)],
  ['POST', /^\/v1\/campaign$/, ({ books, body }) => {
    const one = read(forms.newCampaign, body)
    checkCampaign(books, one)
    return add(books.campaigns, { ...one, StartDateISO: '2018-01-01T00:00:00.000Z' })
  }],
  ['POST', /^\/v1\/campaign\/search$/, ({ books, body, query }) => {
    const wanted = new URLSearchParams(String(body)).get('campaignName') ?? ''
    const pattern = wanted.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('%', '.*').replaceAll('_', '.')
    return pageOf(books.campaigns.filter(({ Name }) => new RegExp(`^${pattern}$`, 'is').test(String(Name))), query)
  }],
  ['GET', /^\/v1\/campaign\/(\d+)$/, ({ books, id }) => rowOf(books.campaigns, id, 'Campaign')],
  ['PUT', /^\/v1\/campaign\/(\d+)$/, ({ books, id, body }) => {
    const there = undeleted(rowOf(books.campaigns, id, 'Campaign'))
    const one = read(forms.campaign, body)
    checkCampaign(books, one)
    return Object.assign(clear(there), asKept(one), { Id: there.Id })
  }],
  ['GET', /^\/v1\/campaign\/(\d+)\/flight$/, ({ books, id, query }) =>
    pageOf(books.flights.filter((row) => row['CampaignId'] === Number(id) && live(row)), query)],
  ['POST', /^\/v1\/flight$/, ({ books, body }) => {
    const one = read(forms.newFlight, body)
    checkFlight(books, one)
    return add(books.flights, one)
  }],
  ['GET', /^\/v1\/flight\/(\d+)$/, ({ books, id }) => rowOf(books.flights, id, 'Flight')],
  ['PUT', /^\/v1\/flight\/(\d+)$/, ({ books, id, body }) => {
    const there = undeleted(rowOf(books.flights, id, 'Flight'))
    const one = read(forms.flight, body)
    checkFlight(books, one)
    const { GeoTargeting, SiteZoneTargeting } = there
    return Object.assign(clear(there), asKept(one), { GeoTargeting, SiteZoneTargeting })
  }],
  ['POST', /^\/v1\/creative$/, ({ books, body }) => {
    const one = read(forms.newCreative, body)
    checkCreative(books, one)
    return add(books.creatives, one)
  }],
  ['GET', /^\/v1\/advertiser\/(\d+)\/creatives$/, ({ books, id, query }) =>
    pageOf(books.creatives.filter((row) => row['AdvertiserId'] === Number(id)), query)],
  ['POST', /^\/v1\/flight\/(\d+)\/creative$/, ({ books, id, body }) => {
    const one = read(forms.newAd, body)
    mapped(books, id, one)
    return add(books.ads, one)
  }],
  ['GET', /^\/v1\/flight\/(\d+)\/creatives$/, ({ books, id, query }) =>
    pageOf(books.ads.filter((row) => row['FlightId'] === Number(id)), query)],
  ['PUT', /^\/v1\/flight\/(\d+)\/creative\/(\d+)$/, ({ books, id, second, body }) => {
    const there = undeleted(rowOf(books.ads, second, 'Ad'))
    const one = read(forms.ad, body)
    mapped(books, id, one)
    return Object.assign(clear(there), asKept(one))
  }],
] // prettier-ignore

function mapped(books: Books, flightId: string, one: { FlightId: number; Creative: { Id: number } }): void {
  const flight = rowOf(books.flights, flightId, 'Flight')
  if (flight.Id !== one.FlightId) throw new Refusal('FlightId is not that of the path.')
  const creative = rowOf(books.creatives, one.Creative.Id, 'Creative')
  const campaign = rowOf(books.campaigns, flight['CampaignId'], 'Campaign')
  if (creative['AdvertiserId'] !== campaign['AdvertiserId'])
    throw new Refusal('The creative is of another advertiser.')
}

function undeleted(row: Row): Row {
  if (row['IsDeleted']) throw new Refusal('This object is deleted.')
  return row
}

/** An update is the whole object: what it leaves out is gone. */
function clear(row: Row): Row {
  for (const name of Object.keys(row)) if (name !== 'Id') delete row[name]
  return row
}
