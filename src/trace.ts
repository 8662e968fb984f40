import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/** What turns spans into something one can look at; without one, a trace is only an id in the log. */
export interface SpanRecorder {
  start(span: NewSpan): RunningSpan
}
export interface NewSpan {
  name: string
  /** `server` answers a call, `consumer` does a job, `client` calls somebody. */
  kind: 'server' | 'consumer' | 'client'
  attributes: Attributes
  trace_id: string
  /** Undefined: nothing came before. */
  parent_id: string | undefined
}
export interface RunningSpan {
  span_id: string
  end(attributes: Attributes, error: string | undefined): void
}
export type Attributes = Record<string, string | number>
/** Adds to what the span says; an `error` marks it as failed. */
export type Note = (attributes: Attributes, error?: string) => void

interface Place {
  trace_id: string
  span_id: string | undefined
  recorder: SpanRecorder | undefined
}
const here = new AsyncLocalStorage<Place>()

/** Version 00 of W3C Trace Context; ids of nothing but zeros are none. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/

/**
 * Does the work as part of the trace a `traceparent` names. Where that is none, the work belongs to the trace it is in already, or else
 * to a new one. Whether spans are recorded is not for the caller to say, so its sampled flag is not looked at.
 */
export function continueTrace<T>(traceparent: unknown, recorder: SpanRecorder | undefined, work: () => T): T {
  const [, trace_id, span_id] = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)) || []
  if (trace_id !== undefined) return here.run({ trace_id, span_id, recorder }, work)
  if (here.getStore()) return work()
  return here.run({ trace_id: randomBytes(16).toString('hex'), span_id: undefined, recorder }, work)
}

/** Records the work as one span of the trace it is part of, if anybody records. */
export async function inSpan<T>(
  span: Pick<NewSpan, 'name' | 'kind' | 'attributes'>,
  work: (note: Note) => Promise<T>,
): Promise<T> {
  const place = here.getStore()
  if (!place?.recorder) return work(() => {})
  const { trace_id, span_id: parent_id } = place
  const running = place.recorder.start({ ...span, trace_id, parent_id })
  let said: Attributes = {}
  let failure: string | undefined
  try {
    return await here.run({ ...place, span_id: running.span_id }, () =>
      work((attributes, error) => {
        said = { ...said, ...attributes }
        failure = error
      }),
    )
  } catch (error) {
    failure ??= (error as Error).name
    throw error
  } finally {
    running.end(said, failure)
  }
}

/** The trace this code runs in, for whoever goes on with it elsewhere. */
export function traceparent(): string | undefined {
  const place = here.getStore()
  return place && `00-${place.trace_id}-${place.span_id ?? randomBytes(8).toString('hex')}-01`
}

/** What every line of the log says of the trace it was written in. */
export function traceOfLine(): { trace_id?: string } {
  const place = here.getStore()
  return place ? { trace_id: place.trace_id } : {}
}
