import type { FulfilmentState, FulfilmentStepState } from '../../db/schema.ts'

/** Where a fulfilment may go from each state. Out of needs_human no code leads: what happens next a person decides. */
export const fulfilmentTransitions: Readonly<Record<FulfilmentState, readonly FulfilmentState[]>> = {
  placing: ['waiting', 'placed', 'refused', 'needs_human', 'canceled'],
  waiting: ['placing', 'placed', 'refused', 'needs_human', 'canceled'],
  placed: [],
  refused: [],
  needs_human: [],
  canceled: [],
}

/** Where a step may go from each state. Nothing is sent but out of intent, and nothing sent is left but through it. */
export const stepTransitions: Readonly<Record<FulfilmentStepState, readonly FulfilmentStepState[]>> = {
  planned: ['intent'],
  intent: ['done', 'waiting', 'planned', 'failed', 'needs_human'],
  waiting: ['intent'],
  done: [],
  failed: [],
  needs_human: [],
}

/** True once the worker has nothing more to do for a fulfilment. */
export function isSettled(state: FulfilmentState): boolean {
  return fulfilmentTransitions[state].length === 0
}
