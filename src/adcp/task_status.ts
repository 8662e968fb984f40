import type { WorkflowStepStatus } from '../db/schema.ts'

/** The buyer's word for each status of ours (AdCP enums/task-status.json). */
export const taskStatus: Record<WorkflowStepStatus, string> = {
  requires_approval: 'submitted',
  input_required: 'input-required',
  pending: 'submitted',
  in_progress: 'working',
  completed: 'completed',
  failed: 'failed',
  rejected: 'rejected',
  canceled: 'canceled',
}
