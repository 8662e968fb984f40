import { newId } from '../../ids.ts'
import type { Plan } from './plan.ts'

/** When a publisher wants an insertion order accepted, and where its terms stand. */
export interface InsertionOrderRule {
  terms_url?: string
  signing_url?: string
  /** Only from this total on, in the currency of the plan. */
  above?: number
}
/** AdCP's core/insertion-order.json. */
export interface InsertionOrder {
  io_id: string
  requires_signature: true
  terms: { total_budget?: { amount: number; currency: string }; [summary: string]: unknown }
  terms_url?: string
  signing_url?: string
}

/** The insertion order a committed plan comes with; null where the publisher wants none. A plan without a budget may be any size. */
export function insertionOrderFor(
  rule: InsertionOrderRule | null,
  { budget, currency, flight }: Plan,
  parties: { publisher: string; advertiser: string | undefined },
): InsertionOrder | null {
  if (!rule || (rule.above !== undefined && budget !== null && budget <= rule.above)) return null
  const { terms_url, signing_url } = rule
  return {
    io_id: newId('io'),
    requires_signature: true,
    terms: {
      publisher: parties.publisher,
      ...(parties.advertiser !== undefined && { advertiser: parties.advertiser }),
      ...(budget !== null && { total_budget: { amount: budget, currency } }),
      ...(flight && { flight_start: flight.start.toISOString(), flight_end: flight.end.toISOString() }),
    },
    ...(terms_url !== undefined && { terms_url }),
    ...(signing_url !== undefined && { signing_url }),
  }
}
