import type { MediaBuyStatus } from '../db/schema.ts'

/** Where a media buy may go from each status (AdCP media-buy specification, "Media buy states"; pending_approval is ours). */
export const mediaBuyTransitions: Readonly<Record<MediaBuyStatus, readonly MediaBuyStatus[]>> = {
  pending_approval: ['pending_creatives', 'pending_start', 'paused', 'rejected', 'canceled'],
  pending_creatives: ['pending_start', 'active', 'paused', 'rejected', 'canceled'],
  pending_start: ['active', 'paused', 'rejected', 'canceled'],
  active: ['paused', 'completed', 'canceled'],
  paused: ['active', 'completed', 'canceled'],
  completed: [],
  rejected: [],
  canceled: [],
}

/** True if a media buy may go from one status to the other; staying is no move. */
export function mayMove(from: MediaBuyStatus, to: MediaBuyStatus): boolean {
  return mediaBuyTransitions[from].includes(to)
}

/** True once nothing can change it any more; its reservations are free again. */
export function isOver(status: MediaBuyStatus): boolean {
  return mediaBuyTransitions[status].length === 0
}
