import { AdapterError, type AdServerAdapter } from '../../adapters/adapter.ts'
import type { Log } from '../../log.ts'
import type { Meter } from '../../monitoring/meter.ts'
import { inSpan } from '../../trace.ts'

export interface Watching {
  /** The kind of ad server, as adapter_configs.kind names it. */
  adapter: string
  connection_id: string
  log: Log
  meter?: Meter | undefined
}

const steps = ['executeStep', 'reconcileStep'] as const
const readings = [
  'check',
  'readNetwork',
  'readPage',
  'readStatus',
  'readObjections',
  'startReport',
  'readReport',
  'forecast',
] as const
type CallName = (typeof steps)[number] | (typeof readings)[number]
type AnyCall = (...args: unknown[]) => Promise<unknown>

/**
 * The same ad server, each call to which is timed, counted and written to the log with what came of it. It is not told our trace: it would
 * do nothing with it, and a buyer's own id is not for another company.
 */
export function observe(adapter: AdServerAdapter, watching: Watching): AdServerAdapter {
  const observed = [...steps, ...readings].flatMap((name) => {
    const call = adapter[name] as AnyCall | undefined
    return call
      ? [[name, (...args: unknown[]) => watch(watching, name, () => call.apply(adapter, args))]]
      : []
  })
  return { ...adapter, ...(Object.fromEntries(observed) as Partial<AdServerAdapter>) }
}

function watch(watching: Watching, call: CallName, work: () => Promise<unknown>): Promise<unknown> {
  const { adapter, connection_id, log, meter } = watching
  const span = { name: `${adapter} ${call}`, kind: 'client', attributes: { adapter, connection_id } } as const
  return inSpan(span, async (note) => {
    const began = performance.now()
    const end = (outcome: string, error?: string) => {
      const seconds = (performance.now() - began) / 1000
      meter?.adServerCalled({ adapter, call, outcome, seconds })
      note({ outcome }, error)
      const worthTelling = (steps as readonly string[]).includes(call) || outcome !== 'ok'
      const line = { adapter, connection_id, call, outcome, ms: Math.round(seconds * 1000) }
      log[worthTelling ? 'info' : 'debug'](line, 'ad server call')
    }
    try {
      const answer = await work()
      end(outcomeOf(answer))
      return answer
    } catch (error) {
      const outcome = error instanceof AdapterError ? error.class : 'error'
      end(outcome, error instanceof AdapterError ? error.code : (error as Error).name)
      throw error
    }
  })
}

/** What a step, or looking for one, came to; `ok` for whatever was read. */
function outcomeOf(answer: unknown): string {
  const { type, found } = (answer ?? {}) as { type?: unknown; found?: unknown }
  return typeof type === 'string' ? type : typeof found === 'string' ? found : 'ok'
}
