/** The same work for all who ask while it goes on and for `ms` after: however often it is asked for, it is done at most that often. A failure is told to all, and not kept. */
export function shared<T>(ms: number, work: () => Promise<T>): () => Promise<T> {
  let until = 0
  let last: Promise<T> | undefined
  return () => {
    if (last && performance.now() < until) return last
    until = Infinity
    const mine = work()
    last = mine
    mine.then(
      () => (until = performance.now() + ms),
      () => (until = 0),
    )
    return mine
  }
}
