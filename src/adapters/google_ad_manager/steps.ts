import {
  AdapterError,
  type Call,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
} from '../adapter.ts'
import { awaitApproval, reconcileApproval } from './steps/approval.ts'
import { createLineItem, reconcileLineItem } from './steps/line_item.ts'
import type { Network } from './steps/network.ts'
import { createOrder, reconcileOrder } from './steps/order.ts'

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
    default:
      throw notYet(step)
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
    default:
      throw notYet(step)
  }
}

function notYet({ kind }: PlannedStep): AdapterError {
  return new AdapterError('permanent', 'unsupported_change', `Google Ad Manager cannot be told to ${kind}`)
}
