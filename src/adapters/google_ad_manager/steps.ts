import type { Call, DoneStep, PlannedStep, Reconciliation, StepKind, StepOutcome } from '../adapter.ts'
import {
  cancelLineItem,
  cancelOrder,
  pauseLineItem,
  reconcileAction,
  resumeLineItem,
} from './steps/actions.ts'
import { awaitApproval, reconcileApproval } from './steps/approval.ts'
import {
  attachCreative,
  detachCreative,
  reconcileAssociation,
  reconcileUpload,
  uploadCreative,
} from './steps/creatives.ts'
import { createLineItem, reconcileLineItem } from './steps/line_item.ts'
import type { Network } from './steps/network.ts'
import { createOrder, reconcileOrder } from './steps/order.ts'
import { reconcileUpdate, updateLineItem } from './steps/update.ts'

type Work<T> = (network: Network, step: PlannedStep, done: readonly DoneStep[], call: Call) => Promise<T>

/**
 * How each kind of step is carried out, making at most one thing and nothing that stands already, and how one sees whether an earlier
 * call arrived: by our key in names and external ids, or by what a change was to make true.
 */
const work: Record<StepKind, { execute: Work<StepOutcome>; reconcile: Work<Reconciliation> }> = {
  create_order: { execute: createOrder, reconcile: reconcileOrder },
  create_line_item: { execute: createLineItem, reconcile: reconcileLineItem },
  await_approval: { execute: awaitApproval, reconcile: reconcileApproval },
  update_line_item: { execute: updateLineItem, reconcile: reconcileUpdate },
  pause_line_item: { execute: pauseLineItem, reconcile: reconcileAction },
  resume_line_item: { execute: resumeLineItem, reconcile: reconcileAction },
  cancel_line_item: { execute: cancelLineItem, reconcile: reconcileAction },
  cancel_order: { execute: cancelOrder, reconcile: reconcileAction },
  upload_creative: { execute: uploadCreative, reconcile: reconcileUpload },
  attach_creative: { execute: attachCreative, reconcile: reconcileAssociation },
  detach_creative: { execute: detachCreative, reconcile: reconcileAssociation },
}

export const executeStep: Work<StepOutcome> = (network, step, done, call) =>
  work[step.kind].execute(network, step, done, call)

export const reconcileStep: Work<Reconciliation> = (network, step, done, call) =>
  work[step.kind].reconcile(network, step, done, call)
