import type { Command } from 'commander'
import { Capabilities, syncKinds } from '../capabilities.ts'
import { startSync } from '../commands/start_sync.ts'
import type { Db } from '../db/database.ts'
import { selectReadable, selectSyncs, type SyncRow } from '../queries/syncs.ts'
import { checkWorkers } from './doctor/checks.ts'
import { operator, say, untilStopped, withDb } from './environment.ts'
import { duration, messageOf, number, progressOf } from './sync/line.ts'
import { fitted, widest, type Row } from './sync/table.ts'
import { watch } from './sync/watch.ts'

/** Not everything could be read; the message says what and what to do. */
export class SyncError extends Error {
  override name = 'SyncError'
}

interface Options {
  whole?: boolean
  status?: boolean
}

export function registerSync(program: Command): void {
  program
    .command('sync')
    .description(
      'Read what the ad servers hold, now: inventory, targeting, audiences, orders. A worker does it.',
    )
    .argument('[connection]', 'one of them; all unless given')
    .argument('[kinds...]', `what of it: ${syncKinds.join(', ')}; all it can be read for unless given`)
    .option('--whole', 'read everything, also where only changes could be asked for')
    .option('--status', 'only say how current everything is')
    .action((connection: string | undefined, kinds: string[], options: Options) =>
      withDb((db) => (options.status ? tell(db) : sync(db, connection, kinds, options.whole === true))),
    )
}

async function sync(db: Db, connection: string | undefined, kinds: string[], whole: boolean) {
  const wanted = await choose(db, connection, kinds)
  const ids: string[] = []
  for (const one of wanted) {
    const asked_by = operator()
    const { sync_job_id, joined } = await startSync(db, { ...one, whole, asked_by, now: new Date() })
    if (joined) say(`${one.connection_id} ${one.kind}: is being read already`)
    ids.push(sync_job_id)
  }
  const workers = await checkWorkers(db)
  if (!workers.ok) return say('Asked for. No worker is running; one will do it: salesdesk work (or start).')
  const stopped = new AbortController()
  void untilStopped().then(() => stopped.abort())
  const runs = await watch(db, ids, stopped.signal)
  if (runs.some(({ finished_at }) => finished_at === null))
    return say('A worker goes on with it. To look again: salesdesk sync --status')
  const failed = runs.filter(({ state }) => state === 'failed')
  if (failed.length > 0)
    throw new SyncError(
      `${failed.length} of ${runs.length} could not be read; what was read before still stands.`,
    )
}

/** What is to be read of which ad server. @throws SyncError naming what there is none of */
async function choose(db: Db, connection: string | undefined, kinds: string[]) {
  const all = await selectReadable(db).execute()
  const chosen = all.filter(({ connection_id }) => connection === undefined || connection_id === connection)
  if (chosen.length === 0)
    throw new SyncError(
      `There is no connection ${connection ?? 'at all'}. Known: ${all.map(({ connection_id }) => connection_id).join(', ') || 'none'}.`,
    )
  return chosen.flatMap(({ connection_id, capabilities }) => {
    const able = Capabilities.safeParse(capabilities).data
    if (!able) throw new SyncError(`Nothing is known of ${connection_id} yet: start a worker first.`)
    const readable = syncKinds.flatMap((kind) => {
      const mode = able.reads[kind]
      return mode ? { connection_id, kind, mode } : []
    })
    const unknown = kinds.find((kind) => !readable.some((one) => one.kind === kind))
    if (unknown !== undefined)
      throw new SyncError(
        `${connection_id} cannot be read for ${unknown}. It can for ${readable.map(({ kind }) => kind).join(', ') || 'nothing'}.`,
      )
    return readable.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
  })
}

async function tell(db: Db): Promise<void> {
  const runs = await selectSyncs(db).execute()
  if (runs.length === 0) return say('Nothing was read yet. To begin: salesdesk sync')
  const now = new Date()
  const digits = widest(runs.map(({ current_rows }) => number(current_rows ?? 0)))
  const rows = runs.map((run): Row => [run.connection_id, run.kind, stateOf(run, digits, now)])
  say(...fitted(rows, process.stdout.columns || Infinity))
  if (runs.some(({ finished_at }) => finished_at === null) && !(await checkWorkers(db)).ok)
    say('No worker is running. What is being read goes on once one is: salesdesk work (or start)')
}

function stateOf(run: SyncRow, digits: number, now: Date): string {
  const { current_since, current_rows, state } = run
  if (run.finished_at === null) return progressOf(run, { done: run.done, at: now }, now)
  const age = current_since && duration((now.getTime() - current_since.getTime()) / 1000)
  const count = number(current_rows ?? 0).padStart(digits)
  const known = age ? `${count} rows, as of ${age} ago` : 'never read'
  const trouble = state === 'failed' ? `; then failed: ${messageOf(run)}` : ''
  return known + trouble
}
