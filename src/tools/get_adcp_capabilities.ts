import { z } from 'zod'
import { IN_FLIGHT_MAX_SECONDS, REPLAY_TTL_SECONDS } from '../adcp/idempotency.ts'
import { envelope } from '../adcp/request_schemas.ts'
import { supportedVersions, type AdcpVersion } from '../adcp/version.ts'
import { Capabilities } from '../capabilities.ts'
import type { ReadDb } from '../db/database.ts'
import { readPortfolio } from '../queries/portfolio.ts'
import { readTool, type ToolContext } from './define-tool.ts'

export const getAdcpCapabilities = readTool({
  name: 'get_adcp_capabilities',
  title: 'What this seller can do',
  description:
    'What this publisher sells and which parts of AdCP it speaks: releases, channels, pricing models, targeting. Call it first, once; for products use get_products. Example: {}',
  input: z.looseObject({
    ...envelope,
    protocols: z
      .array(z.enum(['media_buy', 'creative', 'signals', 'governance', 'sponsored_intelligence']))
      .min(1)
      .optional()
      .describe('Only these parts, for example ["media_buy"].'),
  }),
  forStrangers: (output) => output,
  summary: () => 'AdCP 3.0 and 3.1, media buying. Next: get_products with a brief.',
  async handle({ protocols }, ctx) {
    const { db, principal, webhooks, requestSigning, may_force } = ctx
    const portfolio = await readPortfolio(db, principal.tenant_id)
    const adServers = await selectConnections(db, principal.tenant_id).execute()
    const unverified = portfolio.unverified_publisher_domains
    const wanted = !protocols || protocols.includes('media_buy')
    const reviews = reviewsCreatives(portfolio, ctx)
    return {
      adcp: {
        major_versions: [3],
        supported_versions: supportedVersions,
        idempotency: {
          supported: true,
          replay_ttl_seconds: REPLAY_TTL_SECONDS,
          in_flight_max_seconds: IN_FLIGHT_MAX_SECONDS,
        },
      },
      supported_protocols: ['media_buy'],
      specialisms: specialismsOf(portfolio, ctx.version),
      account: {
        require_operator_auth: false,
        supported_billing: ['operator'],
        required_for_products: false,
        account_financials: true,
        sandbox: principal.sandbox,
      },
      ...(wanted && { media_buy: { ...mediaBuy(portfolio, adServers, Boolean(webhooks)), ...reviews } }),
      ...identity(ctx),
      ...(requestSigning && { request_signing: requestSigning }),
      webhook_signing: webhooks ? webhookSigning : { supported: false },
      ...(may_force && { compliance_testing: { scenarios: forcible } }),
      last_updated: portfolio.last_updated.toISOString(),
      ...(wanted &&
        unverified.length > 0 && { ext: { salesdesk: { unverified_publisher_domains: unverified } } }),
    }
  },
})

/** What comply_test_controller does; it tells of its seeds itself (get-adcp-capabilities-response.json knows only these). */
const forcible = [
  'force_creative_status',
  'force_account_status',
  'force_media_buy_status',
  'simulate_delivery',
  'simulate_budget_spend',
]

/** Where a buyer finds whose signatures ours are. 3.1 wants it of everybody who signs; it must be https. */
function identity({ webhooks, requestSigning, publicUrl }: ToolContext<ReadDb>) {
  if (!publicUrl?.startsWith('https:') || !(webhooks ?? requestSigning)) return {}
  const brand_json_url = `${publicUrl}/.well-known/brand.json`
  const key_origins = webhooks && { webhook_signing: new URL(publicUrl).origin }
  return { identity: { brand_json_url, ...(key_origins && { key_origins }) } }
}

const webhookSigning = {
  supported: true,
  profile: 'adcp/webhook-signing/v1',
  algorithms: ['ed25519'],
  legacy_hmac_fallback: true,
}

type Portfolio = Awaited<ReturnType<typeof readPortfolio>>

/** How this publisher sells (enums/specialism.json); from 3.1 on, proposals are told by media_buy.supports_proposals alone. */
function specialismsOf({ delivery_types, sells_proposals }: Portfolio, version: AdcpVersion): string[] {
  return [
    ...delivery_types.map((type) => `sales-${type.replace('_', '-')}`),
    ...(sells_proposals && version !== '3.1' ? ['sales-proposal-mode'] : []),
  ]
}

/** From 3.1 on, what may keep creatives from being shown at once is told. */
function reviewsCreatives({ review_creatives }: Portfolio, { version, principal }: ToolContext<ReadDb>) {
  if (version !== '3.1' || principal.sandbox || (review_creatives ?? 'none') === 'none') return {}
  return { creative_approval_mode: 'require_human' }
}

function mediaBuy(portfolio: Portfolio, adServers: { capabilities: unknown }[], sendsReports: boolean) {
  const { description, advertising_policies } = portfolio
  return {
    supported_pricing_models: portfolio.pricing_models,
    ...(sendsReports && { reporting_delivery_methods: ['webhook'] }),
    buying_modes: ['brief', 'wholesale', 'refine'],
    supports_proposals: portfolio.sells_proposals,
    features: { inline_creative_management: true, property_list_filtering: false, content_standards: false },
    execution: { targeting: sharedTargeting(adServers) },
    ...(portfolio.publisher_domains?.length && {
      portfolio: {
        publisher_domains: portfolio.publisher_domains,
        ...(portfolio.channels.length > 0 && { primary_channels: portfolio.channels }),
        ...(portfolio.countries.length > 0 && { primary_countries: portfolio.countries }),
        ...(description && { description }),
        ...(advertising_policies && { advertising_policies }),
      },
    }),
  }
}

/** Targeting every ad server of the tenant can carry out: what a buyer may rely on whatever it buys. */
function sharedTargeting(adServers: { capabilities: unknown }[]) {
  const known = adServers.map(
    ({ capabilities }) => new Set<string>(Capabilities.safeParse(capabilities).data?.targeting ?? []),
  )
  const all = (field: string) => known.length > 0 && known.every((fields) => fields.has(field))
  return {
    geo_countries: all('geo_countries'),
    geo_regions: all('geo_regions'),
    ...(all('geo_metros') && { geo_metros: { nielsen_dma: true } }),
    language: all('language'),
  }
}

function selectConnections(db: ReadDb, tenantId: string) {
  return db
    .selectFrom('adapter_configs')
    .select('capabilities')
    .where('tenant_id', '=', tenantId)
    .where('archived_at', 'is', null)
}
