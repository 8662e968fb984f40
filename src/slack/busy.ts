/** What is being done and must not be cut off. */
export interface Busy {
  during<T>(work: Promise<T>): Promise<T>
  /** Resolves once nothing is being done any more. */
  over(): Promise<void>
}

export function createBusy(): Busy {
  const running = new Set<Promise<unknown>>()
  return {
    during(work) {
      running.add(work)
      const done = () => running.delete(work)
      work.then(done, done)
      return work
    },
    async over() {
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}
