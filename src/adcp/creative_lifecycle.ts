import type { CreativeStatus } from '../db/schema.ts'

/** Where a creative may go from each status (AdCP creative specification, "Creative status lifecycle"). */
export const creativeTransitions: Readonly<Record<CreativeStatus, readonly CreativeStatus[]>> = {
  processing: ['pending_review', 'rejected'],
  pending_review: ['approved', 'rejected'],
  approved: ['archived', 'rejected'],
  archived: ['approved'],
  rejected: ['processing', 'pending_review'],
}
