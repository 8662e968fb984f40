import type { WorkflowStepStatus } from '../db/schema.ts'

/** Where a workflow step may go from each status. A step for a person to look at (needs_human) is canceled when the order changes and its question is void. */
export const workflowStepTransitions: Readonly<Record<WorkflowStepStatus, readonly WorkflowStepStatus[]>> = {
  requires_approval: ['completed', 'rejected', 'canceled'],
  pending: ['canceled'],
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
