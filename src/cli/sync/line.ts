import type { SyncRow } from '../../queries/syncs.ts'

/** A run as it was when we began to watch it. */
export interface Begun {
  done: number
  at: Date
}
const BAR = 24

/** What there is to say of a run: how far it is, how fast, how long it will take yet. */
export function progressOf(run: SyncRow, begun: Begun, now: Date): string {
  if (run.state === 'failed') return `failed: ${messageOf(run)}`
  if (run.finished_at) {
    const seconds = (run.finished_at.getTime() - run.started_at.getTime()) / 1000
    return `done, ${number(run.done)} ${run.done === 1 ? 'row' : 'rows'} in ${duration(seconds)}`
  }
  const waits = run.next_at && run.next_at > now ? `, waits: ${messageOf(run)}` : ''
  const rate = (run.done - begun.done) / Math.max(1, (now.getTime() - begun.at.getTime()) / 1000)
  const speed = rate > 0 ? `, ${number(Math.round(rate))}/s` : ''
  if (run.total === null) return `${number(run.done)} so far${speed}${waits}`
  const left = rate > 0 ? `, ${duration((run.total - run.done) / rate)} left` : ''
  return `${bar(run.done, run.total)} ${number(run.done)} of ${number(run.total)}${speed}${left}${waits}`
}

function bar(done: number, total: number): string {
  const full = Math.floor((BAR * Math.min(done, total)) / Math.max(1, total))
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}

/** What a run met last; empty if nothing. */
export function messageOf({ error }: Pick<SyncRow, 'error'>): string {
  const { message } = (error ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : ''
}

export const number = (n: number) => n.toLocaleString('en-US')

/** Seconds in words: 20 s, 3 min, 2 h. */
export function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
