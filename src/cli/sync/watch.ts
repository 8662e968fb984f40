import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from '../../db/database.ts'
import { selectSyncs, type SyncRow } from '../../queries/syncs.ts'
import { visible } from '../../plain_line.ts'
import { checkWorkers } from '../doctor/checks.ts'
import { say } from '../environment.ts'
import { progressOf, type Begun } from './line.ts'
import { lines } from './table.ts'

const LOOK_EVERY_MS = 250
/** Where nobody sees lines change in place, a run is told of when it is over, and this often before. */
const TELL_EVERY_MS = 5000
/** Whether anybody reads at all is looked up at each so many looks. */
const LOOKS_FOR_WORKERS = 10
const NOBODY = 'No worker is running any more. It goes on once one is: salesdesk work (or start)'

/** Shows how these runs get on until all are over or `stopped` fires; gives them as they stood last. */
export async function watch(db: Db, ids: readonly string[], stopped: AbortSignal): Promise<SyncRow[]> {
  const begun = new Map<string, Begun>()
  const show = process.stdout.isTTY ? redrawing() : telling()
  let alone = false
  for (let looks = 0; ; looks++) {
    if (looks % LOOKS_FOR_WORKERS === 0) alone = !(await checkWorkers(db)).ok
    const runs = await selectSyncs(db).where('run.sync_job_id', 'in', ids).execute()
    const now = new Date()
    for (const run of runs)
      if (!begun.has(run.sync_job_id)) begun.set(run.sync_job_id, { done: run.done, at: now })
    const told = lines(
      runs.map((run) => {
        const progress = progressOf(run, begun.get(run.sync_job_id) ?? { done: 0, at: now }, now)
        return [run.connection_id, run.kind, progress]
      }),
    )
    show(
      runs.map((run, i) => ({ over: run.finished_at !== null, line: told[i] ?? '' })),
      now,
      alone,
    )
    if (runs.every(({ finished_at }) => finished_at) || stopped.aborted) return runs
    await pause(LOOK_EVERY_MS, undefined, { signal: stopped }).catch(() => {})
  }
}

type Shown = readonly { line: string; over: boolean }[]

/** Lines on a terminal, written over those before. */
function redrawing() {
  let drawn = 0
  return (shown: Shown, _now: Date, alone: boolean) => {
    const room = process.stdout.columns - 1
    const told = [...shown.map(({ line }) => line), ...(alone ? [NOBODY] : [])]
    const lines = told.map((line) => `\u001b[2K${visible(line).slice(0, room)}\n`)
    process.stdout.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.join('')}\u001b[J`)
    drawn = lines.length
  }
}

/** Lines in a file or a pipe: now and then, and each end once; that nobody reads, each time it comes to that. */
function telling() {
  const ended = new Set<number>()
  let toldAt = 0
  let toldAlone = false
  return (shown: Shown, now: Date, alone: boolean) => {
    const due = now.getTime() - toldAt >= TELL_EVERY_MS
    if (due) toldAt = now.getTime()
    shown.forEach(({ line, over }, i) => {
      if (ended.has(i) || !(due || over)) return
      if (over) ended.add(i)
      say(line)
    })
    if (alone && !toldAlone) say(NOBODY)
    toldAlone = alone
  }
}
