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

const weights = { remnant: '0', low: '0.5', default: '1', high: '1.5', sponsorship: '127' } as const

/**
 * What the API documents say an answer holds, and no more: dates without their time of day, and of switches only whether it is active,
 * which a campaign is not either once its cap is reached.
 */
const asSaid = (books: Books, row: Row): object => {
  const { id, name, advertiser_id, max_impression_count = null, display_type, weight, paused, archived } = row
  const shown = books.shown.reduce((all, one) => all + (one.campaign_id === id ? one.views : 0), 0)
  const over = row['impression_max_type'] === 'cap' && shown >= Number(max_impression_count ?? Infinity)
  const said = {
    ...{ id, name, advertiser_id, max_impression_count, display_type },
    start_date: String(row['start_date']).slice(0, 10),
    end_date: (row['end_date'] as string | null | undefined)?.slice(0, 10) ?? null,
    active: !paused && !archived && !over,
    weight: weights[weight as keyof typeof weights],
    path: `/networks/${books.network.id}/advertisers/${String(advertiser_id)}/campaigns/${id}`,
  }
  return books.tells_switches ? { ...said, paused, archived } : said
}

/** Networks and advertisers have ids of text, whatever else has. */
const withText = ({ id, ...rest }: Row): object => ({ id: String(id), ...rest })

function network({ books, query }: Asked): Books {
  if (Number(query.get('network_id')) === books.network.id) return books
  throw new Refusal('Network not found', 404)
}

/** Nothing says that what is archived is listed, so it is not. */
function campaignsOf({ books, query }: Asked): Row[] {
  const advertiser = rowOf(books.advertisers, query.get('advertiser_id'), 'Advertiser')
  return books.campaigns.filter((row) => row['advertiser_id'] === advertiser.id && !row['archived'])
}

/** The routes of version 1 that adapters use, by method and path. */
export const routes: [string, RegExp, Route][] = [
  ['GET', /^\/networks$/, ({ books }) => ok({ networks: [withText(books.network)] })],
  ['GET', /^\/networks\/(\d+)$/, ({ books, id }) => {
    if (Number(id) !== books.network.id) throw new Refusal('Network not found', 404)
    return ok({ network: withText(books.network) })
  }],
  ['GET', /^\/advertisers$/, (asked) => ok({ advertisers: network(asked).advertisers.map(withText) })],
  ['GET', /^\/records$/, (asked) => ok({ records: recordsOf(asked) })],
  ['GET', /^\/zones$/, (asked) => ok({ zones: network(asked).zones })],
  ['GET', /^\/campaigns$/, (asked) => ok({ campaigns: campaignsOf(asked).map((row) => asSaid(asked.books, row)) })],
  ['POST', /^\/campaigns$/, ({ books, query, body }) => {
    const advertiser = rowOf(books.advertisers, query.get('advertiser_id'), 'Advertiser')
    const one = dated(read(forms.newCampaign, body))
    const added: Row = { ...one, advertiser_id: advertiser.id, id: nextId() }
    books.campaigns.push(added)
    return { status: 201, answer: { campaign: asSaid(books, added) } }
  }],
  ['GET', /^\/campaigns\/(\d+)$/, ({ books, id }) => ok(asSaid(books, rowOf(books.campaigns, id, 'Campaign')))],
  ['PUT', /^\/campaigns\/(\d+)$/, ({ books, id, body }) => {
    const there = rowOf(books.campaigns, id, 'Campaign')
    // what an update leaves out stays as it is
    const kept = Object.keys(forms.newCampaign.shape).map((name) => [name, there[name]] as const)
    const one = read(forms.newCampaign, { ...Object.fromEntries(kept), ...(body as object) })
    return ok(asSaid(books, Object.assign(there, dated(one))))
  }],
  ['GET', /^\/advertisements$/, (asked) => {
    const { advertisements } = network(asked)
    const advertiser = Number(asked.query.get('advertiser_id'))
    return ok({
      advertisements: advertisements
        .filter((row) => row['advertiser_id'] === advertiser)
        .map(({ id, name }) => ({ id, name, type: 'StencilAdvertisement', active: { url: null }, active_placement: true })),
    })
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
  const { shown, campaigns } = network(asked)
  const { query } = asked
  const [from, to] = [query.get('start_date') ?? '', query.get('end_date') ?? '']
  const known = ['campaign.id,campaign.name,count(view),count(click)', 'campaign', 'custom']
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
    campaign_name: campaigns.find((one) => one.id === id)?.['name'] ?? null,
    'count(view)': String(views),
    'count(click)': String(clicks),
  }))
}
