import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedPostgresError } from './error.ts'
import { identityOf, lives } from './processes.ts'

/**
 * Runs `work` while no one else, in this process or another, runs work under the same folder. A holder that died is
 * succeeded at once. @throws EmbeddedPostgresError when a live one holds on for longer than `patience` milliseconds.
 */
export async function underLock<T>(folder: string, work: () => Promise<T>, patience = 180_000): Promise<T> {
  const deadline = Date.now() + patience
  let ticket = tryTake(folder)
  while (!ticket) {
    if (Date.now() > deadline) throw new EmbeddedPostgresError(busy(folder))
    await sleep(20)
    ticket = tryTake(folder)
  }
  try {
    return await work()
  } finally {
    release(ticket)
  }
}

// The lock is the file with the highest number and belongs to the process named in it. Whoever finds that one dead, or
// the file emptied, makes the next number, which only one can. The last file stays, so no number is ever given twice:
// deleting a stale lock instead would let a slow process delete its successor's.
function tryTake(folder: string): string | undefined {
  mkdirSync(folder, { recursive: true })
  const last = lastNumber(folder)
  if (lives(contentOf(join(folder, String(last))))) return undefined
  const ticket = join(folder, String(last + 1))
  if (!createWhole(ticket, identityOf(process.pid))) return undefined
  if (lastNumber(folder) !== last + 1) {
    rmSync(ticket, { force: true })
    return undefined
  }
  for (const name of readdirSync(folder))
    if (Number(name) <= last) rmSync(join(folder, name), { force: true })
  return ticket
}

function release(ticket: string) {
  if (contentOf(ticket) === identityOf(process.pid)) truncateSync(ticket)
}

function lastNumber(folder: string): number {
  const numbers = readdirSync(folder).map(Number).filter(Number.isInteger)
  return Math.max(0, ...numbers)
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

// a link appears together with its content, so nobody reads a lock before it names its holder
function createWhole(file: string, content: string): boolean {
  const draft = `${file}.${randomUUID()}`
  try {
    writeFileSync(draft, content)
    linkSync(draft, file)
    return true
  } catch (error) {
    // ENOENT: an ephemeral server's last user has just removed the folder
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function busy(folder: string): string {
  const holder = contentOf(join(folder, String(lastNumber(folder)))).split(' ')[0]
  return `Process ${holder} has been starting or stopping the database for minutes (${folder}). End it and try again.`
}
