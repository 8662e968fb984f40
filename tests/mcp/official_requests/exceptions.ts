import { hasRelease } from '../../support/adcp_schemas.ts'
import type { Json } from '../../support/official_requests.ts'

/** A request that we take and AdCP's schema refuses, or the other way round. */
export interface Disagreement {
  tool: string
  we: 'accept' | 'refuse'
  /** Where, as RFC 6901 writes it. */
  pointer: string
  keyword: string
  message: string
  request: Json
}
interface Exception {
  we: 'accept' | 'refuse'
  tool?: string
  at: RegExp
  keyword?: string
  /** Only while the schemas of 3.1, which take it, are not at hand. */
  since?: '3.1'
  only?: (value: unknown) => boolean
  because: string
}

/** Parts of a request this desk does not look into: it refuses them whole, keeps them as they are or has no use for them. */
const unread: readonly [tool: string, at: RegExp, because: string][] = [
  ['sync_accounts', /^\/accounts\/\d+\/(billing_entity|notification_configs)/, 'refused, whatever it holds'],
  ['sync_accounts', /\/brand_kit_override/, 'no use for it'],
  ['create_media_buy', /\/brand_kit_override/, 'no use for it'],
  ['get_products', /\/brand_kit_override/, 'no use for it'],
  ['create_media_buy', /^\/artifact_webhook|^\/packages\/\d+$/, 'refused, whatever it holds'],
  [
    'create_media_buy',
    /^\/packages\/\d+\/(format_option_refs|optimization_goals|catalogs|params|targeting_overlay\/(geo_proximity|keyword_targets|negative_keywords|signal_targeting\w*|store_catchments|age_restriction))/,
    'refused, whatever it holds',
  ],
  ['create_media_buy', /\/(placement_refs|placement_ids|industry_identifiers|provenance)/, 'no use for it'],
  [
    'create_media_buy',
    /^\/packages\/\d+\/creatives\/\d+\/assets/,
    'judged by the format, see sync_creatives',
  ],
  ['create_media_buy', /^\/advertiser_industry/, 'kept as it is, for people'],
  ['create_media_buy', /^\/packages\/\d+\/adcp_major_version/, 'the release is asked for at the top'],
  [
    'get_products',
    /^\/filters\/(geo_proximity|keywords|metros|postal_areas|regions|required_\w+|signal_targeting|trusted_match|video_placement_types)/,
    'refused, whatever it holds',
  ],
  ['get_products', /^\/catalog(\/|$)/, 'not looked up, as the answer says'],
  ['get_products', /^\/(time_budget|buying_mode$)/, 'no use for it'],
  [
    'sync_creatives',
    /^\/creatives\/\d+\/assets/,
    'judged by the format, creative by creative, see sync_creatives',
  ],
  [
    'sync_creatives',
    /^\/creatives\/\d+\/(industry_identifiers|placement_ids|placement_refs|provenance|status|inputs|format_option_ref)/,
    'no use for it',
  ],
  ['sync_creatives', /^\/creatives\/\d+$/, 'format_id counts, format_kind beside it has no use'],
  [
    'update_media_buy',
    /^\/(invoice_recipient|packages\/\d+\/(catalogs|optimization_goals|format_option_refs|params)|(new_)?packages\/\d+\/targeting_overlay\/(geo_proximity|keyword_targets|negative_keywords|signal_targeting\w*|store_catchments|age_restriction))/,
    'refused, whatever it holds',
  ],
  [
    'update_media_buy',
    /^\/new_packages\/\d+($|\/(catalogs|optimization_goals|format_option_refs|params))/,
    'refused, whatever it holds',
  ],
  [
    'update_media_buy',
    /\/(placement_refs|placement_ids|industry_identifiers|provenance|brand_kit_override)|\/creatives\/\d+$|\/keyword_targets_add\/\d+\/bid_price/,
    'no use for it',
  ],
  ['update_media_buy', /ackages\/\d+\/creatives\/\d+\/assets/, 'judged by the format, see sync_creatives'],
  ['get_media_buy_delivery', /^\/(attribution_window|reporting_dimensions)\//, 'no use for it'],
  ['list_creative_formats', /^\/disclosure_p/, 'refused, whatever it holds'],
  ['list_creatives', /^\/filters\/(concept_ids|has_variables|has_served)/, 'refused, whatever it holds'],
]

const exceptions: readonly Exception[] = [
  {
    we: 'refuse',
    at: /./,
    only: (value) => typeof value === 'string' && (value === '' || value.length > 200),
    because: 'an id or a name is never empty and has an end: PostgreSQL indexes it and people read it',
  },
  {
    we: 'refuse',
    at: /^\/(period|measurement_period)$/,
    keyword: 'not',
    because: 'a period that ends before it starts: JSON Schema cannot compare two fields',
  },
  {
    we: 'refuse',
    at: /\/(budget|amount|bid_price)$/,
    only: (value) => value === 0,
    because: 'nothing is sold for nothing',
  },
  {
    we: 'refuse',
    at: /\/currency$/,
    only: (value) => typeof value === 'string',
    because: 'money has an ISO 4217 currency',
  },
  {
    we: 'refuse',
    at: /\/url$/,
    only: (value) => typeof value === 'string' && !URL.canParse(value),
    because: 'a URI by its letters, with a port that is no number, is nowhere to call',
  },
  {
    we: 'refuse',
    at: /\/credentials$/,
    because: 'credentials go into an HTTP header, which takes printable ASCII only',
  },
  {
    we: 'refuse',
    at: /\/creatives\/\d+\/format_id$/,
    because: 'formats are named by format_id here; format_kind of 3.1 is no format this desk lists',
  },
  {
    we: 'accept',
    at: /^(\/accounts\/\d+)?\/account($|\/brand)|^\/filters\/accounts\/\d+($|\/brand)/,
    because:
      'LLMs copy the account as list_accounts shows it, name and status included; what refers to it counts',
  },
  {
    we: 'accept',
    at: /format_ids?(\/\d+)?$/,
    keyword: 'required',
    because: 'LLMs leave agent_url out; the id alone names every format that has it',
  },
  {
    we: 'accept',
    at: /(agent_)?url$/,
    keyword: 'format',
    because:
      'a URL with a space or a letter outside ASCII is one to the WHATWG, whose parser turns it into a URI',
  },
  { we: 'accept', at: /./, keyword: 'uniqueItems', because: 'said twice is said' },
  {
    we: 'refuse',
    at: /\/impressions$/,
    only: (value) => typeof value === 'number' && !Number.isInteger(value),
    because: 'impressions are counted',
  },
  {
    we: 'accept',
    tool: 'get_products',
    at: /^$/,
    keyword: 'required',
    because: 'buying_mode follows from whether there is a brief',
  },
  { we: 'accept', at: /^\/fields\/\d+$/, keyword: 'enum', because: 'an unknown field selects nothing' },
  {
    we: 'accept',
    at: /./,
    keyword: 'additionalProperties',
    because: 'a field of a later release must not fail a call',
  },
  {
    we: 'accept',
    tool: 'sync_accounts',
    at: /^\/accounts\/\d+(\/brand)?$/,
    because: 'an item that names account is refused as UNSUPPORTED_PROVISIONING, whatever else it holds',
  },
  {
    we: 'accept',
    tool: 'get_products',
    at: /^$/,
    keyword: 'dependencies',
    because: 'a catalog is not looked up, so a brand beside it has no use',
  },
  {
    we: 'accept',
    tool: 'create_media_buy',
    at: /^$/,
    keyword: 'dependencies',
    because: 'a proposal without total_budget is refused with all else that is wrong with the purchase',
  },
  {
    we: 'accept',
    tool: 'list_creatives',
    at: /^$/,
    keyword: 'required',
    because: 'include_pricing without account: there are no prices of creatives, with or without one',
  },
  ...unread.map(([tool, at, because]) => ({ we: 'accept' as const, tool, at, because })),
]

/** The exception that allows this disagreement, if there is one. */
export function excuse(disagreement: Disagreement): Exception | undefined {
  return exceptions.find(
    ({ we, tool, at, keyword, since, only }) =>
      we === disagreement.we &&
      (tool === undefined || tool === disagreement.tool) &&
      at.test(disagreement.pointer) &&
      (keyword === undefined || keyword === disagreement.keyword) &&
      (since === undefined || !hasRelease(since)) &&
      (only?.(valueAt(disagreement)) ?? true),
  )
}

const valueAt = ({ request, pointer }: Disagreement): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((one, key) => (one as Record<string, unknown> | undefined)?.[key], request)
