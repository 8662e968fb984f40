import {
  creativeKey,
  type AdServerAdapter,
  type ApprovedBuy,
  type Change,
  type PlannedStep,
  type StepKind,
} from '../../adapters/adapter.ts'
import { changesBetween, type WantedChange } from './changes.ts'
import { standingAfter, uploadOf, type Effect, type Standing } from './standing.ts'

/** A step as it is stored: what is done on the ad server, and what stands there afterwards. */
export interface StepPlan extends Omit<PlannedStep, 'kind'> {
  kind: StepKind | 'by_hand'
  effects: readonly Effect[]
}
/** What the ad server cannot be told and a person does there, all of one revision together. */
export interface ByHand {
  changes: readonly Change[]
}
/** How an order that was not approved yet is waited for. */
export type Approval = Pick<PlannedStep, 'external_key' | 'body'>

/** What an order shall become: the buy as it is now, or nothing, because it is over. */
export interface Wanted {
  buy: ApprovedBuy
  over: boolean
  approval: Approval | undefined
}

/**
 * The steps from what stands on an ad server to what is wanted there. Pure: what stops spending comes first, then what is
 * missing, then the other changes, what only a person can do, and approval. @throws AdapterError
 */
export function planSteps(
  adapter: AdServerAdapter,
  standing: Standing,
  { buy, over, approval }: Wanted,
): StepPlan[] {
  const missing = over || standing.canceled ? [] : planMissing(adapter, standing, buy)
  const creates = missing.filter(({ kind }) => kind !== 'await_approval')
  const built = standingAfter(
    creates.flatMap(({ effects }) => effects),
    standing,
  )
  const changes = changesBetween(built, over ? null : buy)
  const able = (item: WantedChange) => adapter.capabilities.changes.includes(item.needs)
  const steps = merge(changes.filter(able)).map((item) => planChange(adapter, item, buy))
  const urgent = (step: StepPlan) => stops.has(step.kind) && standing.packages.has(step.package_id ?? '')
  return [
    ...steps.filter(urgent),
    ...creates,
    ...steps.filter((step) => !urgent(step)),
    ...planByHand(
      changes.filter((item) => !able(item)),
      buy,
    ),
    ...(over ? [] : planApproval(standing, missing, approval)),
  ]
}

const stops = new Set<string>(['cancel_line_item', 'pause_line_item'])

/** The order, if there is none, and a line item for each package that has none. */
function planMissing(adapter: AdServerAdapter, standing: Standing, wanted: ApprovedBuy): StepPlan[] {
  const packages = wanted.packages.filter(({ package_id }) => !standing.packages.has(package_id))
  if (packages.length === 0) return []
  const steps = adapter
    .planFulfilment({ ...wanted, packages })
    .filter(({ kind }) => kind !== 'create_order' || !standing.ordered)
  const awaiting_approval = steps.some(({ kind }) => kind === 'await_approval')
  return steps.map((step) => ({ ...step, effects: effectsOf(step, packages, awaiting_approval) }))
}

function effectsOf(
  { kind, package_id }: PlannedStep,
  packages: ApprovedBuy['packages'],
  awaiting_approval: boolean,
): Effect[] {
  if (kind === 'create_order') return [{ type: 'ordered', awaiting_approval }]
  if (kind === 'await_approval') return [{ type: 'approved' }]
  return packages
    .filter((item) => item.package_id === package_id)
    .map(({ budget, impressions, bid_price, pacing, start_time, end_time, targeting_overlay, ...item }) => ({
      type: 'package',
      package_id: item.package_id,
      fields: { budget, impressions, bid_price, pacing, start_time, end_time, targeting_overlay },
    }))
}

function planApproval(standing: Standing, missing: StepPlan[], earlier: Approval | undefined): StepPlan[] {
  if (!standing.ordered) return missing.filter(({ kind }) => kind === 'await_approval')
  if (!standing.awaiting_approval || !earlier) return []
  return [{ ...earlier, kind: 'await_approval', package_id: null, effects: [{ type: 'approved' }] }]
}

/** A change with all that it makes true, once changes of one thing that the ad server can make together are one. */
interface Merged {
  change: Change
  effects: Effect[]
}

function merge(changes: readonly WantedChange[]): Merged[] {
  const merged = new Map<string, Merged>()
  for (const { change, effect } of changes) {
    const about = `${change.kind} ${subjectOf(change)}`
    const before = merged.get(about)
    const fields =
      before?.change.kind === 'update_line_item' && change.kind === 'update_line_item'
        ? { fields: { ...before.change.fields, ...change.fields } }
        : {}
    merged.set(about, {
      change: { ...change, ...fields },
      effects: [...(before?.effects ?? []), effect],
    })
  }
  return [...merged.values()]
}

function subjectOf(change: Change): string {
  if (change.kind === 'cancel_order') return ''
  if (change.kind === 'upload_creative') return `:${uploadOf(change.creative)}`
  return `:${change.package_id}${'creative' in change ? `:${uploadOf(change.creative)}` : ''}`
}

/** What happens once in the life of an order has no revision in its key, so that it cannot happen twice. */
const once = new Set<Change['kind']>(['cancel_order', 'cancel_line_item', 'upload_creative'])

function planChange(adapter: AdServerAdapter, { change, effects }: Merged, buy: ApprovedBuy): StepPlan {
  return {
    kind: change.kind,
    external_key: keyOf(change, buy),
    package_id: 'package_id' in change ? change.package_id : null,
    body: adapter.planChange(change, buy),
    effects,
  }
}

function keyOf(change: Change, { media_buy_id, revision }: ApprovedBuy): string {
  if (change.kind === 'upload_creative') return creativeKey(media_buy_id, change.creative)
  return `adcp:${media_buy_id}${subjectOf(change)}${once.has(change.kind) ? '' : `@${revision}`}`
}

function planByHand(changes: readonly WantedChange[], { media_buy_id, revision }: ApprovedBuy): StepPlan[] {
  if (changes.length === 0) return []
  const body: ByHand = { changes: changes.map(({ change }) => change) }
  return [
    {
      kind: 'by_hand',
      external_key: `adcp:${media_buy_id}@${revision}`,
      package_id: null,
      body: { ...body },
      effects: changes.map(({ effect }) => effect),
    },
  ]
}
