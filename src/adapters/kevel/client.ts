import { z } from 'zod'
import { send, type Call, type Fetch, type HttpRequest, type HttpServer } from '../adapter.ts'
import type { Settings } from './config.ts'

/** As many as Kevel gives at once by itself (pageSize in its OpenAPI documents). */
const PAGE_SIZE = 500

const Id = z.int().positive()
const Thing = z.looseObject({ Id })
/** What Kevel holds of something, by the names of its fields. */
export type Thing = z.infer<typeof Thing>
const Ad = z.looseObject({
  Id,
  IsActive: z.boolean(),
  IsDeleted: z.boolean().nullish(),
  Creative: z.looseObject({ Id }),
})
const pageOf = <T>(item: z.ZodType<T>) =>
  z.object({
    pageSize: z.int().nullish(),
    totalPages: z.int(),
    totalItems: z.int().nullish(),
    items: z.array(item),
  })
const ListPage = pageOf(Thing)
export type ListPage = z.infer<typeof ListPage>

/** Its fields are written in more than one way, but always with the same letters. */
const Grouping = z
  .record(z.string(), z.unknown())
  .transform((fields) =>
    Object.fromEntries(Object.entries(fields).map(([name, id]) => [name.toLowerCase(), id])),
  )
  .pipe(z.object({ campaignid: z.union([z.int(), z.string()]), optionid: z.union([z.int(), z.string()]) }))
const Detail = z.object({ Impressions: z.int(), Clicks: z.int(), Revenue: z.string().default('0'), Grouping })
/** dev.kevel.com/reference/poll-for-queued-report-result: 1 in progress, 2 complete, 3 error, 4 too large. */
const QueuedReport = z.object({
  Status: z.int(),
  Message: z.string().nullish(),
  Result: z.object({ Records: z.array(z.object({ Date: z.string(), Details: z.array(Detail) })) }).nullish(),
})
export type QueuedReport = z.infer<typeof QueuedReport>

export type Client = ReturnType<typeof openClient>

/**
 * The routes of Kevel's Management API this adapter uses, as of dev.kevel.com/reference and of the OpenAPI documents of
 * github.com/adzerk/adzerk-api-specification.
 */
export function openClient({ base_url, timeout_ms }: Settings, secret: string, fetch: Fetch) {
  const headers = { 'X-Adzerk-ApiKey': secret }
  const server: HttpServer = { base_url, fetch, timeout_ms, headers, secret, problemIn }
  const ask = <T>(request: HttpRequest, schema: z.ZodType<T>, call: Call) =>
    send(server, request, schema, call)
  const post = (path: string, json: object, call: Call) => ask({ method: 'POST', path, json }, Thing, call)
  const get = (path: string, call: Call) => ask({ method: 'GET', path }, Thing, call)
  const put = (path: string, json: object, call: Call) => ask({ method: 'PUT', path, json }, Thing, call)

  async function list<T>(request: HttpRequest, item: z.ZodType<T>, call: Call): Promise<T[]> {
    const found: T[] = []
    for (let page = 1; ; page++) {
      const query = { ...request.query, page: String(page), pageSize: String(PAGE_SIZE) }
      const { items, totalPages } = await ask({ ...request, query }, pageOf(item), call)
      found.push(...items)
      if (page >= totalPages) return found
    }
  }

  const page = (path: string) => (number: number, call: Call) => {
    const query = { page: String(number), pageSize: String(PAGE_SIZE) }
    return ask({ method: 'GET', path, query }, ListPage, call)
  }

  return {
    pageOfAdvertisers: page('/v1/advertiser'),
    readAdvertiser: (id: number, call: Call) => get(`/v1/advertiser/${id}`, call),
    pageOfSites: page('/v1/site'),
    pageOfZones: page('/v1/zone'),
    pageOfSegments: page('/v1/segment'),
    pageOfCampaigns: page('/v1/campaign'),
    pageOfFlights: page('/v1/flight'),
    /** Makes nothing that anybody sees; queued twice it is there twice, and each is forgotten after ten days. */
    queueReport: (json: object, call: Call) =>
      ask(
        { method: 'POST', path: '/v1/report/queue', json, reads: true },
        z.object({ Id: z.string().min(1) }),
        call,
      ),
    readReport: (id: string, call: Call) =>
      ask(
        { method: 'GET', path: `/v1/report/queue/${encodeURIComponent(id)}`, decimals: ['Revenue'] },
        QueuedReport,
        call,
      ),
    createCampaign: (campaign: object, call: Call) => post('/v1/campaign', campaign, call),
    readCampaign: (id: string, call: Call) => get(`/v1/campaign/${id}`, call),
    writeCampaign: (id: string, campaign: object, call: Call) => put(`/v1/campaign/${id}`, campaign, call),
    /** Campaigns in whose name this stands. Kevel searches by POST (dev.kevel.com/reference/search-campaigns). */
    searchCampaigns: (text: string, call: Call) => {
      const form = { campaignName: `%${text}%` }
      return list({ method: 'POST', path: '/v1/campaign/search', form, reads: true }, Thing, call)
    },
    createFlight: (flight: object, call: Call) => post('/v1/flight', flight, call),
    readFlight: (id: string, call: Call) => get(`/v1/flight/${id}`, call),
    writeFlight: (id: string, flight: object, call: Call) => put(`/v1/flight/${id}`, flight, call),
    listFlights: (campaignId: string, call: Call) =>
      list({ method: 'GET', path: `/v1/campaign/${campaignId}/flight` }, Thing, call),
    createCreative: (creative: object, call: Call) => post('/v1/creative', creative, call),
    listCreatives: (advertiserId: number, call: Call) =>
      list({ method: 'GET', path: `/v1/advertiser/${advertiserId}/creatives` }, Thing, call),
    createAd: (flightId: string, ad: object, call: Call) => post(`/v1/flight/${flightId}/creative`, ad, call),
    writeAd: (flightId: string, adId: number, ad: object, call: Call) =>
      put(`/v1/flight/${flightId}/creative/${adId}`, ad, call),
    listAds: (flightId: string, call: Call) =>
      list({ method: 'GET', path: `/v1/flight/${flightId}/creatives` }, Ad, call),
  }
}

/** Reports have another form of refusal than the rest. */
const Refusal = z.union([
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ Error: z.string() }).transform(({ Error: message }) => message),
])
function problemIn(answer: unknown) {
  const { data: message } = Refusal.safeParse(answer)
  return message === undefined ? undefined : { code: 'refused_by_kevel', message }
}
