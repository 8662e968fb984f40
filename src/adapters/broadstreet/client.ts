import { z } from 'zod'
import { send, type Call, type Fetch, type HttpRequest, type HttpServer } from '../adapter.ts'
import type { Settings } from './config.ts'

const Id = z.coerce.number().int().positive()
const Named = z.looseObject({ id: Id, name: z.string() })
const Campaign = Named.extend({
  advertiser_id: Id.nullish(),
  /** Its documents show this alone of how a campaign is switched; it is also false once a cap is reached. */
  active: z.boolean().nullish(),
  paused: z.boolean().nullish(),
  archived: z.boolean().nullish(),
  start_date: z.string().nullish(),
  end_date: z.string().nullish(),
  max_impression_count: z.int().nullish(),
})
export type Campaign = z.infer<typeof Campaign>
const Placement = z.looseObject({ advertisement_id: Id, zone_id: Id })
/** A list, or a list or one alone under its name: all three are documented or have been seen. */
const Placements = z.union([
  z.array(Placement),
  z.object({ placements: z.array(Placement) }).transform(({ placements }) => placements),
  z
    .object({ placement: z.union([z.array(Placement), Placement]) })
    .transform(({ placement }) => [placement].flat()),
])

const Count = z.coerce.number().int().nonnegative()
const Records = z.object({
  records: z.array(
    z.object({
      campaign_id: Id,
      campaign_name: z
        .string()
        .nullish()
        .transform((name) => name ?? ''),
      ...{ 'count(view)': Count, 'count(click)': Count },
    }),
  ),
})

/** Broadstreet answers with a thing itself or with it under its name, and its documents and clients do not agree on which. */
const wrapped = <T>(name: string, schema: z.ZodType<T>) =>
  z.union([z.object({ [name]: schema }).transform((answer) => answer[name] as T), schema])

export type Client = ReturnType<typeof openClient>

/**
 * The routes of Broadstreet's API, version 1, this adapter uses (api.broadstreetads.com/api-docs/index.html; clients broadstreet-ruby and
 * broadstreet-api-php). It takes its token in the address, where `send` puts it and says nothing of it.
 */
export function openClient({ base_url, timeout_ms, network_id }: Settings, secret: string, fetch: Fetch) {
  const query = { access_token: secret }
  const server: HttpServer = { base_url, fetch, timeout_ms, headers: {}, query, secret, problemIn }
  const network = { network_id: String(network_id) }
  const ask = <T>(request: HttpRequest, schema: z.ZodType<T>, call: Call) =>
    send(server, { ...request, path: `/api/1${request.path}` }, schema, call)
  const list = async <T>(
    what: string,
    item: z.ZodType<T>,
    call: Call,
    filter: Record<string, string>,
  ): Promise<T[]> => {
    const answer = z.object({ [what]: z.array(item) })
    return (await ask({ method: 'GET', path: `/${what}`, query: filter }, answer, call))[what] ?? []
  }

  return {
    readNetwork: (call: Call) =>
      ask({ method: 'GET', path: `/networks/${network_id}` }, wrapped('network', Named), call),
    listNetworks: (call: Call) => list('networks', Named, call, {}),
    listAdvertisers: (call: Call) => list('advertisers', Named, call, network),
    /** What each campaign of the network showed in these days, both included (a customized report of the API documents). */
    recordsOf: async (from: string, to: string, call: Call) => {
      const select = 'campaign.id,campaign.name,count(view),count(click)'
      const days = { start_date: from, end_date: to }
      const filter = { ...network, type: 'custom', select, group: 'campaign', ...days }
      return (await ask({ method: 'GET', path: '/records', query: filter }, Records, call)).records
    },
    listZones: (call: Call) => list('zones', Named, call, network),
    listCampaigns: (advertiserId: number, call: Call) =>
      list('campaigns', Campaign, call, { advertiser_id: String(advertiserId) }),
    createCampaign: (advertiser_id: number, campaign: object, call: Call) => {
      const json = { ...campaign, advertiser_id }
      const filter = { advertiser_id: String(advertiser_id) }
      return ask(
        { method: 'POST', path: '/campaigns', query: filter, json },
        wrapped('campaign', Campaign),
        call,
      )
    },
    readCampaign: (id: string, call: Call) =>
      ask({ method: 'GET', path: `/campaigns/${id}` }, wrapped('campaign', Campaign), call),
    /** Fields left out stay as they are. */
    writeCampaign: (id: string, json: object, call: Call) =>
      ask({ method: 'PUT', path: `/campaigns/${id}`, json }, z.unknown(), call),
    listAdvertisements: (advertiserId: number, call: Call) =>
      list('advertisements', Named, call, { ...network, advertiser_id: String(advertiserId) }),
    createAdvertisement: (advertiserId: number, json: object, call: Call) => {
      const filter = { ...network, advertiser_id: String(advertiserId) }
      const request: HttpRequest = { method: 'POST', path: '/advertisements', query: filter, json }
      return ask(request, wrapped('advertisement', Named), call)
    },
    listPlacements: (campaign_id: string, call: Call) =>
      ask({ method: 'GET', path: '/placements', query: { campaign_id } }, Placements, call),
    /** Answered without a body. */
    createPlacement: (json: object, call: Call) =>
      ask({ method: 'POST', path: '/placements', json }, z.unknown(), call),
    deletePlacement: (query: Record<string, string>, call: Call) =>
      ask({ method: 'DELETE', path: '/placements', query }, z.unknown(), call),
  }
}

const Texts = z.union([z.string(), z.array(z.string())]).transform((text) => [text].flat().join(', '))
const Refusal = z.union([
  z.object({ message: Texts }).transform(({ message }) => message),
  z.object({ error: Texts }).transform(({ error }) => error),
  z.object({ errors: Texts }).transform(({ errors }) => errors),
  z.object({ errors: z.record(z.string(), Texts) }).transform(({ errors }) =>
    Object.entries(errors)
      .map((one) => one.join(' '))
      .join(', '),
  ),
])
function problemIn(answer: unknown) {
  const { data: message } = Refusal.safeParse(answer)
  return message === undefined ? undefined : { code: 'refused_by_broadstreet', message }
}
