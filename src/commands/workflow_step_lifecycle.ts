import type { WorkflowStepStatus } from '../db/schema.ts'

/** Where a workflow step may go from each status. One that asks a person about an order (needs_human) begins at pending. */
export const workflowStepTransitions: Readonly<Record<WorkflowStepStatus, readonly WorkflowStepStatus[]>> = {
  requires_approval: ['input_required', 'completed', 'rejected', 'canceled'],
  input_required: ['requires_approval', 'completed', 'rejected', 'canceled'],
  pending: ['completed', 'rejected', 'canceled'],
  in_progress: [],
  completed: [],
  failed: [],
  rejected: [],
  canceled: [],
}

/** True while a person may still decide. */
export function isUndecided(status: WorkflowStepStatus): boolean {
  return workflowStepTransitions[status].length > 0
}
