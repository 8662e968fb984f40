/**
 * Runs `work` with a signal that fires when one of these does, or after `ms`. AbortSignal.any with AbortSignal.timeout would say
 * the same, but Node 20 forgets such a signal when it collects garbage, and a call nobody answers would then never end.
 */
export async function withSignal<T>(
  signals: readonly AbortSignal[],
  ms: number | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const undo: (() => void)[] = []
  for (const signal of signals) {
    const onAbort = () => controller.abort(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort)
    undo.push(() => signal.removeEventListener('abort', onAbort))
  }
  if (ms !== undefined) {
    const timer = setTimeout(() => controller.abort(new Error(`not done after ${ms} ms`)), ms)
    undo.push(() => clearTimeout(timer))
  }
  try {
    return await work(controller.signal)
  } finally {
    for (const step of undo) step()
  }
}
