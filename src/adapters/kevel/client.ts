import { z } from 'zod'
import { send, type Call, type HttpRequest, type HttpServer } from '../adapter.ts'
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
  z.object({ page: z.int().nullish(), totalPages: z.int(), items: z.array(item) })

export type Client = ReturnType<typeof openClient>

/**
 * The routes of Kevel's Management API this adapter uses, as of dev.kevel.com/reference and of the OpenAPI documents of
 * github.com/adzerk/adzerk-api-specification.
 */
export function openClient({ base_url, timeout_ms }: Settings, secret: string) {
  const headers = { 'X-Adzerk-ApiKey': secret }
  const server: HttpServer = { base_url, timeout_ms, headers, secret, problemIn }
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

  return {
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

function problemIn(answer: unknown) {
  const { data } = z.object({ message: z.string() }).safeParse(answer)
  return data && { code: 'refused_by_kevel', message: data.message }
}
