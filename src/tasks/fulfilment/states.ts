import type { FulfilmentState, FulfilmentStepState } from '../../db/schema.ts'

/**
 * Where a fulfilment may go from each state. Out of needs_human a person leads, or a change that makes the question void; out of
 * canceled a new package, if nothing was ever there.
 */
export const fulfilmentTransitions: Readonly<Record<FulfilmentState, readonly FulfilmentState[]>> = {
  placing: ['waiting', 'placed', 'changing', 'refused', 'needs_human', 'canceled'],
  waiting: ['placing', 'placed', 'changing', 'refused', 'needs_human', 'canceled'],
  placed: ['changing', 'needs_human'],
  changing: ['waiting', 'placed', 'needs_human', 'canceled'],
  refused: [],
  needs_human: ['placing', 'waiting', 'placed', 'changing', 'refused', 'canceled'],
  canceled: ['placing'],
}

/** Where a step may go from each state. Nothing is sent but out of intent, and nothing sent is left but through it. */
export const stepTransitions: Readonly<Record<FulfilmentStepState, readonly FulfilmentStepState[]>> = {
  planned: ['intent', 'needs_human', 'dropped'],
  intent: ['done', 'waiting', 'planned', 'failed', 'needs_human', 'dropped'],
  waiting: ['intent', 'dropped'],
  done: [],
  failed: [],
  needs_human: ['planned', 'intent', 'done', 'dropped'],
  dropped: [],
}

/** True of a step that is still to be carried out. */
export function isOpen({ state }: { state: FulfilmentStepState }): boolean {
  return state !== 'done' && state !== 'failed' && state !== 'dropped'
}

/** True of an open step that may have left something on the ad server without our knowing. */
export function isInDoubt({
  state,
  intent_at,
}: {
  state: FulfilmentStepState
  intent_at: Date | null
}): boolean {
  return state === 'intent' || (state === 'needs_human' && intent_at !== null)
}

/** True if the order is wanted otherwise than as it was last planned. */
export function isStale(fulfilment: { desired_revision: number; planned_revision: number }): boolean {
  return fulfilment.desired_revision > fulfilment.planned_revision
}

/** True while the worker has something to do for a fulfilment. */
export function isAtWork(fulfilment: { state: FulfilmentState } & Parameters<typeof isStale>[0]): boolean {
  switch (fulfilment.state) {
    case 'refused':
      return false
    case 'placed':
    case 'canceled':
    case 'needs_human':
      return isStale(fulfilment)
    case 'placing':
    case 'waiting':
    case 'changing':
      return true
  }
}
