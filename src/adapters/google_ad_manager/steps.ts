import {
  type Call,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
} from '../adapter.ts'
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

/** Carries out one step: at most one write there, and none where what it asks for stands already. */
export function executeStep(
  network: Network,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<StepOutcome> {
  switch (step.kind) {
    case 'create_order':
      return createOrder(network, step, call)
    case 'create_line_item':
      return createLineItem(network, step, done, call)
    case 'await_approval':
      return awaitApproval(network, done, call)
    case 'update_line_item':
      return updateLineItem(network, step, done, call)
    case 'pause_line_item':
      return pauseLineItem(network, step, done, call)
    case 'resume_line_item':
      return resumeLineItem(network, step, done, call)
    case 'cancel_line_item':
      return cancelLineItem(network, step, done, call)
    case 'cancel_order':
      return cancelOrder(network, done, call)
    case 'upload_creative':
      return uploadCreative(network, step, done, call)
    case 'attach_creative':
      return attachCreative(network, step, done, call)
    case 'detach_creative':
      return detachCreative(network, step, done, call)
  }
}

/** Looks for what an earlier call of this step may have left there: by our key in names and external ids. */
export function reconcileStep(
  network: Network,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  switch (step.kind) {
    case 'create_order':
      return reconcileOrder(network, step, call)
    case 'create_line_item':
      return reconcileLineItem(network, step, done, call)
    case 'await_approval':
      return reconcileApproval(network, done, call)
    case 'update_line_item':
      return reconcileUpdate(network, step, done, call)
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'cancel_order':
      return reconcileAction(network, step, done, call)
    case 'upload_creative':
      return reconcileUpload(network, step, done, call)
    case 'attach_creative':
    case 'detach_creative':
      return reconcileAssociation(network, step, done, call)
  }
}
