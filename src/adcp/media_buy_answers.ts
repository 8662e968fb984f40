import type { CanceledBy, FulfilmentState } from '../db/schema.ts'
import type { MediaBuyRow, PackageRow } from '../queries/media_buys.ts'
import { availableActions, validActions } from './media_buy_actions.ts'
import type { AdcpVersion } from './version.ts'

type Wire = Record<string, unknown>

/**
 * What create_media_buy answers, and the result of its task, for an accepted buy. Until 3.0 the top-level `status` is the media
 * buy's; from 3.1 it is the task's and the buy's is `media_buy_status`.
 */
export function createdMediaBuy(buy: MediaBuyRow, version: AdcpVersion): Wire {
  return {
    status: version === '3.1' ? 'completed' : buy.status,
    media_buy_id: buy.media_buy_id,
    media_buy_status: buy.status,
    account: accountOf(buy),
    ...datesOf(buy),
    revision: buy.revision,
    ...(version !== '3.0' && { currency: buy.currency, total_budget: Number(buy.total_budget) }),
    ...actionsOf(buy, version),
    packages: buy.packages.map(toPackage),
    ...(buy.proposal_id !== null && { proposal_id: buy.proposal_id }),
    ...(buy.invoice_recipient && { invoice_recipient: buy.invoice_recipient }),
    ...(buy.account.sandbox && { sandbox: true }),
  }
}

/** The result of the task of a purchase that the publisher took back after it had begun to run. */
export function canceledMediaBuy(buy: MediaBuyRow, version: AdcpVersion): Wire {
  return { ...createdMediaBuy(buy, version), status: 'canceled', ...cancellationOf(buy.canceled_at, buy) }
}

/**
 * What update_media_buy answers, and the result of its task. `affected` are the packages the change named or added; without an
 * implementation_date it waits for a person.
 */
export function updatedMediaBuy(
  buy: MediaBuyRow,
  { affected, implementation_date }: { affected: readonly string[]; implementation_date: Date | null },
  version: AdcpVersion,
): Wire {
  return {
    status: version === '3.1' ? 'completed' : buy.status,
    media_buy_id: buy.media_buy_id,
    media_buy_status: buy.status,
    revision: buy.revision,
    ...(version !== '3.0' && { currency: buy.currency, total_budget: Number(buy.total_budget) }),
    implementation_date: implementation_date?.toISOString() ?? null,
    affected_packages: buy.packages.filter(({ package_id }) => affected.includes(package_id)).map(toPackage),
    ...cancellationOf(buy.canceled_at, buy),
    ...actionsOf(buy, version),
    ...(buy.account.sandbox && { sandbox: true }),
  }
}

/** A media buy as get_media_buys lists it. */
export function listedMediaBuy(buy: MediaBuyRow, version: AdcpVersion): Wire {
  return {
    media_buy_id: buy.media_buy_id,
    account: accountOf(buy),
    status: buy.status,
    ...(buy.rejection_reason !== null && { rejection_reason: buy.rejection_reason }),
    ...cancellationOf(buy.canceled_at, buy),
    currency: buy.currency,
    total_budget: Number(buy.total_budget),
    start_time: buy.start_time.toISOString(),
    end_time: buy.end_time.toISOString(),
    ...datesOf(buy),
    revision: buy.revision,
    created_at: buy.created_at.toISOString(),
    updated_at: buy.updated_at.toISOString(),
    ...actionsOf(buy, version),
    packages: buy.packages.map((item) => ({ ...toPackage(item), ...approvalsOf(item) })),
    ...(buy.invoice_recipient && { invoice_recipient: buy.invoice_recipient }),
    ext: { salesdesk: { ...referencesOf(buy), placement: placementOf(buy) } },
  }
}

/** The buyer's own words for a purchase, which AdCP's answers have no place for. */
function referencesOf({
  po_number,
  proposal_id,
  agency_estimate_number,
  advertiser_industry,
}: MediaBuyRow): Wire {
  return {
    ...(proposal_id !== null && { proposal_id }),
    ...(po_number !== null && { po_number }),
    ...(agency_estimate_number !== null && { agency_estimate_number }),
    ...(advertiser_industry !== null && { advertiser_industry }),
  }
}

/** confirmed_at is a required field of 3.1 that may be null, and a date in 3.0. */
function datesOf({ confirmed_at, creative_deadline }: MediaBuyRow): Wire {
  return {
    confirmed_at: confirmed_at?.toISOString() ?? null,
    ...(creative_deadline && { creative_deadline: creative_deadline.toISOString() }),
  }
}

function actionsOf(buy: MediaBuyRow, version: AdcpVersion): Wire {
  return {
    valid_actions: validActions(buy, version),
    ...(version === '3.1' && { available_actions: availableActions(buy) }),
  }
}

interface Canceled {
  canceled_by: CanceledBy | null
  cancellation_reason: string | null
}
function cancellationOf(at: Date | null, { canceled_by, cancellation_reason }: Canceled): Wire {
  if (at === null) return {}
  const reason = cancellation_reason === null ? {} : { reason: cancellation_reason }
  return { cancellation: { canceled_at: at.toISOString(), canceled_by, ...reason } }
}

function accountOf({ account }: MediaBuyRow): Wire {
  return {
    account_id: account.account_id,
    name: account.name,
    status: account.status,
    ...(account.sandbox && { sandbox: true }),
  }
}

function toPackage(item: PackageRow): Wire {
  return {
    package_id: item.package_id,
    product_id: item.product_id,
    pricing_option_id: item.pricing_option_id,
    budget: Number(item.budget),
    ...(item.bid_price !== null && { bid_price: Number(item.bid_price) }),
    ...(item.impressions !== null && { impressions: Number(item.impressions) }),
    pacing: item.pacing,
    ...(item.format_ids.length > 0 && { format_ids_to_provide: item.format_ids }),
    ...(item.creatives.length > 0 && { creative_assignments: item.creatives.map(toAssignment) }),
    ...(item.targeting_overlay && { targeting_overlay: item.targeting_overlay }),
    ...(item.measurement_terms && { measurement_terms: item.measurement_terms }),
    ...(item.performance_standards && { performance_standards: item.performance_standards }),
    ...(item.agency_estimate_number !== null && { agency_estimate_number: item.agency_estimate_number }),
    start_time: iso(item.start_time),
    end_time: iso(item.end_time),
    paused: item.paused,
    canceled: item.canceled,
    ...cancellationOf(item.canceled_at === null ? null : new Date(`${item.canceled_at}Z`), item),
    ...(item.context && { context: item.context }),
  }
}

const toAssignment = ({ creative_id, weight }: PackageRow['creatives'][number]) => ({
  creative_id,
  ...(weight !== null && { weight }),
})

/** AdCP leaves the list out where no creative is assigned. */
function approvalsOf({ creatives }: PackageRow): Wire {
  if (creatives.length === 0) return {}
  return {
    creative_approvals: creatives.map(({ creative_id, status, rejection_reason }) => ({
      creative_id,
      approval_status: status === 'processing' ? 'pending_review' : status,
      ...(rejection_reason !== null && { rejection_reason }),
    })),
  }
}

/** PostgreSQL writes UTC without saying so. */
const iso = (utc: string) => new Date(`${utc}Z`).toISOString()

/** Where the order stands on the ad servers; AdCP has no word for it, a buyer's person asks for it all the same. */
function placementOf({ fulfilments }: MediaBuyRow): Wire {
  return {
    state: leastAdvanced(fulfilments.map(({ state }) => state)),
    ad_servers: fulfilments.map(({ connection, state, placed_at, orders }) => ({
      name: connection,
      state,
      ...(placed_at !== null && { placed_at: iso(placed_at) }),
      ...(orders.length > 0 && { orders }),
    })),
  }
}

const order: readonly FulfilmentState[] = [
  'refused',
  'needs_human',
  'placing',
  'waiting',
  'changing',
  'canceled',
  'placed',
]

function leastAdvanced(states: FulfilmentState[]): FulfilmentState | 'none' {
  return order.find((state) => states.includes(state)) ?? 'none'
}
