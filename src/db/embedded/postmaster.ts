import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedPostgresError } from './error.ts'
import { isRunning, processName } from './processes.ts'

/** PostgreSQL's main process, as its postmaster.pid tells. */
export interface Postmaster {
  pid: number
  port: number
  status: string
}

/** The live server on this data folder, in whatever state. */
export function findPostmaster(data: string): Postmaster | undefined {
  const postmaster = readPidFile(data)
  return postmaster && isPostgres(postmaster.pid) ? postmaster : undefined
}

/**
 * The live server once it is ready to be asked, or undefined if none is left after those coming up or going down.
 * @throws EmbeddedPostgresError when it does neither in `patience` milliseconds.
 */
export async function settledPostmaster(data: string, patience = 120_000): Promise<Postmaster | undefined> {
  const deadline = Date.now() + patience
  for (;;) {
    const postmaster = findPostmaster(data)
    if (!postmaster || postmaster.status === 'ready') return postmaster
    if (Date.now() > deadline) throw new EmbeddedPostgresError(inUse(data, postmaster, 'does not get ready'))
    await sleep(10)
  }
}

/** Removes the pid file of a server that is gone; PostgreSQL itself believes it if its pid was given to another. */
export function forgetDeadPostmaster(data: string) {
  if (!findPostmaster(data)) rmSync(join(data, 'postmaster.pid'), { force: true })
}

/** What to tell about a server we need and cannot have. */
export function inUse(data: string, { pid, port }: Postmaster, trouble: string): string {
  return (
    `The data folder ${data} is in use by a PostgreSQL server (process ${pid}, port ${port}) that ${trouble}. ` +
    'Stop that server, choose another folder with SALESDESK_DATA_DIR, or set DATABASE_URL.'
  )
}

function readPidFile(data: string): Postmaster | undefined {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    // written bit by bit while the server starts
    return { pid: Number(lines[0]), port: Number(lines[3] ?? 0), status: lines[7]?.trim() || 'starting' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function isPostgres(pid: number): boolean {
  return isRunning(pid) && (processName(pid) ?? 'postgres') === 'postgres'
}
