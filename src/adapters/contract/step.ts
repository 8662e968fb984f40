import { createHash } from 'node:crypto'
import type { ApprovedCreative, ApprovedPackage } from './buy.ts'
import { AdapterError } from './call.ts'

/** What of a line item can be changed. */
export const packageFields = [
  'budget',
  'impressions',
  'bid_price',
  'pacing',
  'start_time',
  'end_time',
  'targeting_overlay',
] as const
export type PackageField = (typeof packageFields)[number]

/** One change to an order that stands. Each is one step of the same kind. */
export type Change =
  | { kind: 'cancel_order' }
  | { kind: 'pause_line_item' | 'resume_line_item' | 'cancel_line_item'; package_id: string }
  | { kind: 'update_line_item'; package_id: string; fields: Partial<Pick<ApprovedPackage, PackageField>> }
  | { kind: 'upload_creative'; creative: ApprovedCreative }
  /** Shows an uploaded creative on a line item, or changes how often. */
  | { kind: 'attach_creative'; package_id: string; creative: CreativeRef & { weight: number | null } }
  | { kind: 'detach_creative'; package_id: string; creative: CreativeRef }
export type CreativeRef = Pick<ApprovedCreative, 'creative_id' | 'version'>

export type StepKind = 'create_order' | 'create_line_item' | 'await_approval' | Change['kind']
export interface PlannedStep {
  kind: StepKind
  /** Finds the object again on the ad server; unique per connection and kind. */
  external_key: string
  package_id: string | null
  body: Readonly<Record<string, unknown>>
}
/** A finished step. `external_ids` maps an object kind to its id there, for example `{ order: '42' }`. */
export interface DoneStep extends PlannedStep {
  external_ids: Readonly<Record<string, string>>
}
/** The id of the order that the finished steps made. @throws AdapterError('permanent') if they made none. */
export function orderIdOf(done: readonly DoneStep[]): string {
  return idOf(done, 'create_order', 'order', () => true)
}
/** The id of a package's line item. @throws AdapterError('permanent') if there is none. */
export function lineItemIdOf(done: readonly DoneStep[], packageId: string | null): string {
  return idOf(done, 'create_line_item', 'line_item', ({ package_id }) => package_id === packageId)
}
/**
 * The key of an upload: `adcp:<media_buy_id>:<creative_id>:<version>`. A buyer's id may be long, hold brackets and colons like our keys, or be
 * written in two ways that an ad server takes for one; one that is not short and plain stands as its hash.
 */
export function creativeKey(media_buy_id: string, { creative_id, version }: CreativeRef): string {
  const hash = () => `~${createHash('sha256').update(creative_id).digest('base64url').slice(0, 22)}`
  return `adcp:${media_buy_id}:${/^[\w.-][\w.~-]{0,99}$/.test(creative_id) ? creative_id : hash()}:${version}`
}
/** The id of an uploaded creative. @throws AdapterError('permanent') if it was not uploaded. */
export function creativeIdOf(done: readonly DoneStep[], creative: CreativeRef): string {
  const order = done.find(({ kind }) => kind === 'create_order')?.external_key ?? ''
  const { creative_id, version } = creative
  // uploads of version 0.1.0 have the id as it is, whatever it is
  const keys = [creativeKey(order.replace('adcp:', ''), creative), `${order}:${creative_id}:${version}`]
  return idOf(done, 'upload_creative', 'creative', ({ external_key }) => keys.includes(external_key))
}
function idOf(done: readonly DoneStep[], kind: StepKind, object: string, is: (step: DoneStep) => boolean) {
  const id = done.find((step) => step.kind === kind && is(step))?.external_ids[object]
  if (id !== undefined) return id
  throw new AdapterError('permanent', `${object}_missing`, `No ${kind} among the steps done`)
}

export type StepOutcome =
  | { type: 'done'; external_ids: Record<string, string> }
  | { type: 'wait'; reason: string; retry_after_ms: number; give_up_after_ms: number }
  | { type: 'needs_human'; message: string; suggested_action: string }
  /** It will not show this creative as it is; nothing was made. The buyer is told why, and the order goes on without it. */
  | { type: 'creative_refused'; creative_id: string; reason: string }

export type Reconciliation =
  | { found: 'none' }
  | { found: 'match'; external_ids: Record<string, string> }
  | { found: 'conflict'; detail: string }

/** What stands under a step's key: nothing, what the step was to make, or something else that somebody must look at. */
export function judge<T>(
  { external_key }: PlannedStep,
  found: readonly T[],
  matches: (one: T) => boolean,
  idsOf: (one: T) => Record<string, string>,
): Reconciliation {
  const [one, ...others] = found
  if (!one) return { found: 'none' }
  const all = found.flatMap((each) => Object.values(idsOf(each))).join(', ')
  if (others.length > 0)
    return { found: 'conflict', detail: `${external_key} was booked ${found.length} times: ${all}` }
  if (!matches(one))
    return { found: 'conflict', detail: `${external_key} was booked as something else: ${all}` }
  return { found: 'match', external_ids: idsOf(one) }
}
