/** What one check of a suite came to. */
export interface Outcome {
  suite: string
  /** Storyboard and step, vector or tool. */
  check: string
  result: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  reason?: string
}

export const count = (outcomes: readonly Outcome[], result: Outcome['result']): number =>
  outcomes.filter((outcome) => outcome.result === result).length
