import { randomUUID } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'
import { succeeds, type Account } from './run-as.ts'

/** True if the account can enter the folder or, while it does not exist, the nearest one above it that does. */
export async function canEnter(folder: string, account: Account): Promise<boolean> {
  let nearest = folder
  while (!existsSync(nearest)) nearest = dirname(nearest)
  // a file in the way is for whoever makes the folder to complain about
  return !statSync(nearest).isDirectory() || succeeds('/bin/sh', ['-c', 'test -x "$0"', nearest], account)
}

/** Where things go that cannot stay where they are. Not a temporary folder for data to keep: those get cleaned. */
export async function stagingFolder(ephemeral: boolean, account: Account): Promise<string> {
  if (!ephemeral) return '/var/lib/salesdesk'
  // pam_tmpdir gives root a temporary folder that is closed to others
  const parent = (await canEnter(tmpdir(), account)) ? tmpdir() : '/tmp'
  return join(parent, 'salesdesk-root')
}

/** Makes the staging folder. @throws EmbeddedPostgresError when another user could have put programs there. */
export function makeStagingFolder(folder: string) {
  makeFolders(folder)
  const { uid, mode } = lstatSync(folder)
  if (uid === process.getuid?.() && (mode & 0o022) === 0) return
  const advice = 'Remove it, or choose a SALESDESK_DATA_DIR that an unprivileged user can enter.'
  throw new EmbeddedPostgresError(`${folder} can be written by others than root. ${advice}`)
}

/** Makes the folder and those missing above it such that anyone may enter them, whatever the umask. */
export function makeFolders(folder: string) {
  const first = mkdirSync(folder, { recursive: true })
  if (!first) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755)
}

/** A copy of the binaries in the staging folder that every account can run; made once for each version. */
export async function stageBinaries(binaries: Binaries, staging: string): Promise<Binaries> {
  const copy = { ...binaries, folder: join(staging, `postgres-${process.arch}-${binaries.version}`) }
  if (!isComplete(copy, binaries)) await copyBinaries(binaries, copy)
  return copy
}

// whatever cleans temporary folders may have taken some of the files
function isComplete(copy: Binaries, original: Binaries): boolean {
  return existsSync(copy.folder) && filesIn(copy).length === filesIn(original).length
}

function filesIn(binaries: Binaries): string[] {
  return readdirSync(binaries.folder, { recursive: true, encoding: 'utf8' })
}

async function copyBinaries(from: Binaries, to: Binaries) {
  const draft = `${to.folder}.${randomUUID()}`
  await cp(from.folder, draft, { recursive: true, verbatimSymlinks: true })
  openToAll(draft)
  try {
    renameSync(draft, to.folder)
  } catch {
    if (!isComplete(to, from)) {
      const torn = `${draft}.torn`
      renameSync(to.folder, torn)
      renameSync(draft, to.folder)
      rmSync(torn, { recursive: true })
    }
    rmSync(draft, { recursive: true, force: true })
  }
}

function openToAll(folder: string) {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else if (entry.isFile()) chmodSync(path, 0o755)
  }
}
