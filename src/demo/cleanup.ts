/** What has to be undone at the end, however it ends. */
export interface Cleanup {
  add(undo: () => Promise<unknown>): void
  /** Undoes everything, the latest first; what is added from then on is undone at once. @throws the first error, when all is done. */
  run(): Promise<void>
}

/** Nothing to undo yet. */
export function createCleanup(): Cleanup {
  const steps: (() => Promise<unknown>)[] = []
  let over = false
  return {
    add(undo) {
      if (over) void undo().catch(() => {})
      else steps.push(undo)
    },
    async run() {
      over = true
      const errors: unknown[] = []
      for (const undo of steps.splice(0).reverse()) await undo().catch((error: unknown) => errors.push(error))
      if (errors.length > 0) throw errors[0]
    },
  }
}
