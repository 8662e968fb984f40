import type { Kysely } from 'kysely'
import { shortfalls, type Capabilities } from '../capabilities.ts'

/**
 * The contract between the worker and an ad server. An adapter knows its ad server and this file, nothing else:
 * no rows of ours, no job, no buyer. tests/adapters/conformance.ts states what each one owes.
 */
export interface AdServerAdapter {
  readonly capabilities: Capabilities
  /**
   * Pure: the steps that book this buy, its line items running and without creatives. The same buy gives the same steps, keys
   * and bodies. Throws AdapterError('permanent') for what this ad server cannot do.
   */
  planFulfilment(buy: ApprovedBuy): readonly PlannedStep[]
  /** Pure: the body of the step that makes one change to what stands. Asked only for what capabilities.changes names. */
  planChange(change: Change, buy: ApprovedBuy): PlannedStep['body']
  /** Makes the one external write of a step; for a change that stands already there is nothing to do. Throws AdapterError when it did not come to an answer. */
  executeStep(step: PlannedStep, done: readonly DoneStep[], call: Call): Promise<StepOutcome>
  /** Read only: did an earlier, unanswered executeStep of this step reach the ad server? For a change: does it stand? */
  reconcileStep(step: PlannedStep, done: readonly DoneStep[], call: Call): Promise<Reconciliation>
  /** Read only: what the publisher should know of this connection and of what it sells over it, for `salesdesk gam check`. */
  check?(sold: Sold, call: Call): Promise<ConnectionFinding[]>
}

/** What a publisher sells over one connection. */
export interface Sold {
  currencies: readonly string[]
  products: readonly { product_id: string; ad_server_config: Readonly<Record<string, unknown>> }[]
}
export interface ConnectionFinding {
  ok: boolean
  subject: string
  text: string
}

/** Opens an ad server connection. `secret` is what the publisher keeps for it, sealed or in the environment. */
export type ConnectAdapter = (connection: Connection) => AdServerAdapter
export interface Connection {
  connection_id: string
  settings: unknown
  secret: string | undefined
  /** For the simulated ad server, whose books live in PostgreSQL beside ours. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each adapter names its own tables
  books: Kysely<any>
}

/** A media buy the publisher has accepted: the packages of it that live on one ad server. Money is decimal text. */
export interface ApprovedBuy {
  media_buy_id: string
  revision: number
  name: string
  advertiser_id: string | null
  brand_domain: string
  currency: string
  total_budget: string
  start_time: string
  end_time: string
  po_number: string | null
  packages: readonly ApprovedPackage[]
}
export interface ApprovedPackage {
  package_id: string
  product_id: string
  product_name: string
  delivery_type: 'guaranteed' | 'non_guaranteed'
  pricing_model: Capabilities['pricing_models'][number]
  price: string | null
  bid_price: string | null
  budget: string
  impressions: number | null
  pacing: 'even' | 'asap' | 'front_loaded'
  start_time: string
  end_time: string
  targeting_overlay: Readonly<Record<string, unknown>>
  paused: boolean
  /** Those assigned to it and approved. */
  creatives: readonly ApprovedCreative[]
  ad_server_config: Readonly<Record<string, unknown>>
}
export interface ApprovedCreative {
  creative_id: string
  /** Another one whenever what is shown changes. */
  version: string
  name: string
  agent_url: string
  format_id: string
  assets: Readonly<Record<string, unknown>>
  /** null: as often as the others. */
  weight: number | null
}

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
/** The id of an uploaded creative. @throws AdapterError('permanent') if it was not uploaded. */
export function creativeIdOf(done: readonly DoneStep[], { creative_id, version }: CreativeRef): string {
  return idOf(done, 'upload_creative', 'creative', ({ external_key }) =>
    external_key.endsWith(`:${creative_id}:${version}`),
  )
}
function idOf(done: readonly DoneStep[], kind: StepKind, object: string, is: (step: DoneStep) => boolean) {
  const id = done.find((step) => step.kind === kind && is(step))?.external_ids[object]
  if (id !== undefined) return id
  throw new AdapterError('permanent', `${object}_missing`, `No ${kind} among the steps done`)
}

export interface Call {
  signal: AbortSignal
  /** 1 for the first try. */
  attempt: number
}

export type StepOutcome =
  | { type: 'done'; external_ids: Record<string, string> }
  | { type: 'wait'; reason: string; retry_after_ms: number; give_up_after_ms: number }
  | { type: 'needs_human'; message: string; suggested_action: string }

export type Reconciliation =
  | { found: 'none' }
  | { found: 'match'; external_ids: Record<string, string> }
  | { found: 'conflict'; detail: string }

export type AdapterErrorClass =
  'transient' | 'rate_limited' | 'ambiguous' | 'permanent' | 'needs_human' | 'config'

/**
 * Why a call to an ad server came to nothing. `transient` was not carried out and may be tried again; `ambiguous` was
 * perhaps carried out; `permanent` is a refusal; `config` is ours to put right. Never carries headers, tokens or a cause that might.
 */
export class AdapterError extends Error {
  override name = 'AdapterError'
  readonly class: AdapterErrorClass
  readonly code: string
  readonly retry_after_ms: number | undefined
  constructor(
    errorClass: AdapterErrorClass,
    code: string,
    message: string,
    options: { retry_after_ms?: number } = {},
  ) {
    super(message)
    this.class = errorClass
    this.code = code
    this.retry_after_ms = options.retry_after_ms
  }
}

/** For an adapter's plan: refuses a buy that asks for what the ad server cannot do. @throws AdapterError('permanent') naming the package and the part. */
export function refuseShortfalls(able: Capabilities, buy: ApprovedBuy): void {
  if (buy.packages.length === 0)
    throw new AdapterError('permanent', 'no_packages', 'There is no package to book.')
  for (const item of buy.packages) {
    const own_flight = !sameTime(item.start_time, buy.start_time) || !sameTime(item.end_time, buy.end_time)
    const demand = {
      ...item,
      bids: item.bid_price !== null,
      own_flight,
      targeting: Object.keys(item.targeting_overlay),
    }
    const [missing] = shortfalls(able, demand)
    if (!missing) continue
    const what = missing.part === 'targeting' ? `targeting_overlay.${missing.name}` : missing.part
    throw new AdapterError(
      'permanent',
      `unsupported_${missing.part}`,
      `package ${item.package_id}: ${what} cannot be carried out on this ad server.`,
    )
  }
}

const sameTime = (a: string, b: string) => Date.parse(a) === Date.parse(b)
