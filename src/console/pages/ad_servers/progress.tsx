import { count } from '../../parts/figures.tsx'

interface Running {
  kind: string
  done: number
  total: number | null
  started_at: Date
  updated_at: Date
  next_at: Date | null
  error: unknown
}

/** How far a run is: rows, how many a second so far, and how long the rest will take at that. */
export function Progress({ run, now }: { run: Running; now: Date }) {
  const { kind, done, total, started_at, updated_at, next_at } = run
  const seconds = Math.max(1, (updated_at.getTime() - started_at.getTime()) / 1000)
  const rate = done / seconds
  const left = total !== null && rate > 0 ? (total - done) / rate : undefined
  const waits = next_at !== null && next_at > now
  return (
    <span class="progress">
      {total !== null && total > 0 && <progress value={done} max={total} aria-label={`${kind} read`} />}
      <span>
        {total === null ? `${count(done)} so far` : `${count(done)} of ${count(total)}`}
        {rate > 0 && `, ${count(Math.round(rate))} a second`}
        {left !== undefined && `, ${span(left)} left`}
        {waits && `; waits: ${messageOf(run)}`}
      </span>
    </span>
  )
}

/** What a run met last; empty if nothing. */
export function messageOf({ error }: { error: unknown }): string {
  const { message } = (error ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : ''
}

/** Seconds in words: `20 s`, `3 min`, `2 h`. */
export function span(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
