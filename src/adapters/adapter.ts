import type { Capabilities } from '../capabilities.ts'
import type { ApprovedBuy } from './contract/buy.ts'
import type { Call } from './contract/call.ts'
import type { ConnectionFinding, Sold } from './contract/check.ts'
import type { Connection } from './contract/connection.ts'
import type { Reading } from './contract/reading.ts'
import type { Change, DoneStep, PlannedStep, Reconciliation, StepOutcome } from './contract/step.ts'

export * from './contract/banner.ts'
export * from './contract/buy.ts'
export * from './contract/call.ts'
export * from './contract/check.ts'
export * from './contract/config.ts'
export * from './contract/connection.ts'
export * from './contract/download.ts'
export * from './contract/fetch.ts'
export * from './contract/http.ts'
export { unlessGone } from './contract/http_errors.ts'
export * from './contract/inventory.ts'
export * from './contract/money.ts'
export * from './contract/reading.ts'
export * from './contract/setup.ts'
export * from './contract/step.ts'

/**
 * The contract between the worker and an ad server. An adapter knows its ad server and this file, with what stands behind it in
 * contract/, nothing else: no rows of ours, no job, no buyer. tests/adapters/conformance.ts states what each one owes, and what it
 * can be read for is up to it.
 */
export interface AdServerAdapter extends Partial<Reading> {
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
  /** Read only: what the publisher should know of this connection and of what it sells over it, for `salesdesk check`. */
  check?(sold: Sold, call: Call): Promise<ConnectionFinding[]>
}

/** Opens an ad server connection. */
export type ConnectAdapter = (connection: Connection) => AdServerAdapter
