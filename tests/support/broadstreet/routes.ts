import { nextId, Refusal, rowOf, type Books, type Row } from './books.ts'
import { forms, read } from './rules.ts'

export interface Asked {
  books: Books
  /** What stood in the path. */
  id: string
  query: URLSearchParams
  body: unknown
}
export interface Answered {
  status: number
  /** Without one, the body is empty. */
  answer?: unknown
}
type Route = (asked: Asked) => Answered

const ok = (answer: unknown): Answered => ({ status: 200, answer })

/** Dates come back without their time of day. */
const asSaid = ({ notes: _notes, ...row }: Row): object => ({
  ...row,
  start_date: String(row['start_date']).slice(0, 10),
  end_date: (row['end_date'] as string | null | undefined)?.slice(0, 10) ?? null,
  active: !row['paused'] && !row['archived'],
})

function network({ books, query }: Asked): Books {
  if (Number(query.get('network_id')) === books.network.id) return books
  throw new Refusal('Network not found', 404)
}

function campaignsOf({ books, query }: Asked): Row[] {
  const advertiser = rowOf(books.advertisers, query.get('advertiser_id'), 'Advertiser')
  return books.campaigns.filter((row) => row['advertiser_id'] === advertiser.id)
}

/** The routes of version 1 that adapters use, by method and path. */
export const routes: [string, RegExp, Route][] = [
  ['GET', /^\/networks\/(\d+)$/, ({ books, id }) => {
    if (Number(id) !== books.network.id) throw new Refusal('Network not found', 404)
    return ok({ network: books.network })
  }],
  ['GET', /^\/advertisers$/, (asked) => ok({ advertisers: network(asked).advertisers })],
  ['GET', /^\/records$/, (asked) => ok({ records: recordsOf(asked) })],
  ['GET', /^\/zones$/, (asked) => ok({ zones: network(asked).zones })],
  ['GET', /^\/campaigns$/, (asked) => ok({ campaigns: campaignsOf(asked).map(asSaid) })],
  ['POST', /^\/campaigns$/, ({ books, query, body }) => {
    const advertiser = rowOf(books.advertisers, query.get('advertiser_id'), 'Advertiser')
    const one = dated(read(forms.newCampaign, body))
    const added: Row = { ...one, advertiser_id: advertiser.id, id: nextId() }
    books.campaigns.push(added)
    return { status: 201, answer: { campaign: asSaid(added) } }
  }],
  ['GET', /^\/campaigns\/(\d+)$/, ({ books, id }) => ok(asSaid(rowOf(books.campaigns, id, 'Campaign')))],
  ['PUT', /^\/campaigns\/(\d+)$/, ({ books, id, body }) => {
    const there = rowOf(books.campaigns, id, 'Campaign')
    // what an update leaves out stays as it is
      const one = read(forms.newCampaign, { ...there, ...(body as object) })
      return ok(asSaid(Object.assign(there, dated(one))))
  }],
  ['GET', /^\/advertisements$/, (asked) => {
    const { advertisements } = network(asked)
    const advertiser = Number(asked.query.get('advertiser_id'))
    return ok({ advertisements: advertisements.filter((row) => row['advertiser_id'] === advertiser) })
  }],
  ['POST', /^\/advertisements$/, ({ books, query, body }) => {
    const advertiser = rowOf(books.advertisers, query.get('advertiser_id'), 'Advertiser')
    const added: Row = { ...read(forms.advertisement, body), advertiser_id: advertiser.id, id: nextId() }
    books.advertisements.push(added)
    return { status: 201, answer: { advertisement: { id: added.id, name: added['name'] } } }
  }],
  ['GET', /^\/placements$/, ({ books, query }) => {
    const campaign = rowOf(books.campaigns, query.get('campaign_id'), 'Campaign')
    return ok(books.placements.filter(({ campaign_id }) => campaign_id === campaign.id))
  }],
  ['POST', /^\/placements$/, ({ books, body }) => {
    const one = read(forms.placement, body)
    const campaign = rowOf(books.campaigns, one.campaign_id, 'Campaign')
    const advertisement = rowOf(books.advertisements, one.advertisement_id, 'Advertisement')
    rowOf(books.zones, one.zone_id, 'Zone')
    if (campaign['advertiser_id'] !== advertisement['advertiser_id']) throw new Refusal('Advertisement is of another advertiser')
    books.placements.push(one)
    return { status: 201 }
  }],
  ['DELETE', /^\/placements$/, ({ books, query }) => {
    const names = ['campaign_id', 'advertisement_id', 'zone_id'] as const
    const gone = books.placements.findIndex((one) => names.every((name) => one[name] === Number(query.get(name))))
    if (gone < 0) throw new Refusal('Placement not found', 404)
    books.placements.splice(gone, 1)
    return { status: 204 }
  }],
] // prettier-ignore

function dated<T extends { start_date: string; end_date?: string | null | undefined }>(one: T): T {
  if (one.end_date && one.end_date <= one.start_date) throw new Refusal('end_date must be after start_date')
  return one
}

/** A customized report by campaign; the counts come as text. */
function recordsOf(asked: Asked): object[] {
  const { shown } = network(asked)
  const { query } = asked
  const [from, to] = [query.get('start_date') ?? '', query.get('end_date') ?? '']
  const known = ['campaign.id,count(view),count(click)', 'campaign', 'custom']
  if (['select', 'group', 'type'].some((name, i) => query.get(name) !== known[i]))
    throw new Refusal('No such report', 400)
  const sums = new Map<number, { views: number; clicks: number }>()
  for (const { day, campaign_id, views, clicks } of shown) {
    if (day < from || day > to) continue
    const sum = sums.get(campaign_id) ?? { views: 0, clicks: 0 }
    sums.set(campaign_id, { views: sum.views + views, clicks: sum.clicks + clicks })
  }
  return [...sums].map(([id, { views, clicks }]) => ({
    campaign_id: String(id),
    'count(view)': String(views),
    'count(click)': String(clicks),
  }))
}
