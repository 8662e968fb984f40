import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Log } from '../../log.ts'
import { findBinaries, program, type Binaries } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'
import { ownerOf, succeeds, unprivilegedAccount, type Account } from './run-as.ts'
import { canEnter, makeFolders, makeStagingFolder, stageBinaries, stagingFolder } from './staging.ts'

/** Where the server's files are and who runs it. */
export interface Placement {
  binaries: Binaries
  /** Undefined: the one we run as. */
  account: Account | undefined
  data: string
  ephemeral: boolean
}

/** The files that go with a data folder lie next to it. */
export const besides = {
  lock: (place: Placement) => `${place.data}.lock`,
  users: (place: Placement) => `${place.data}.users`,
  log: (place: Placement) => `${place.data}.log`,
  oldLog: (place: Placement) => `${place.data}.log.old`,
}

/**
 * Decides where binaries and data go, and copies the binaries there if they cannot be run where they are.
 * @throws EmbeddedPostgresError when no place will do.
 */
export async function choosePlace(
  options: { dataDir: string; ephemeral: boolean; log: Log },
  staging?: string,
): Promise<Placement> {
  const place = {
    binaries: findBinaries(),
    account: undefined,
    data: realPath(resolve(options.dataDir)),
    ephemeral: options.ephemeral,
  }
  if (process.getuid?.() === 0) return placeForRoot(place, options.log, staging)
  mkdirSync(dirname(place.data), { recursive: true })
  return place
}

async function placeForRoot(place: Placement, log: Log, stagingGiven?: string): Promise<Placement> {
  const account = isDataFolder(place.data) ? ownerOf(place.data) : unprivilegedAccount()
  const staging = stagingGiven ?? (await stagingFolder(place.ephemeral, account))
  const data = await placeData(place.data, staging, account)
  const canRun = await succeeds(program(place.binaries, 'postgres'), ['--version'], account)
  if (canRun && data === place.data) {
    makeFolders(dirname(data))
    return { ...place, account }
  }
  makeStagingFolder(staging)
  makeFolders(dirname(data))
  const binaries = canRun ? place.binaries : await stageBinaries(place.binaries, staging)
  log.info(
    { data, binaries: binaries.folder },
    `PostgreSQL runs as user ${account.name}, who cannot enter all of our folders; it has its files elsewhere`,
  )
  return { ...place, account: isDataFolder(data) ? ownerOf(data) : account, binaries, data }
}

async function placeData(wanted: string, staging: string, account: Account): Promise<string> {
  const staged = join(staging, createHash('sha256').update(wanted).digest('hex').slice(0, 12))
  const exists = isDataFolder(wanted)
  if (await canEnter(exists ? wanted : dirname(wanted), account)) {
    // once staged it stays there even if the folders above the wanted one are opened later
    return !exists && isDataFolder(staged) ? staged : wanted
  }
  if (!exists) return staged
  // an empty database in another place would look like lost data
  throw new EmbeddedPostgresError(
    `The data folder ${wanted} holds a database, but its owner (${account.name}) cannot enter the folders above it. ` +
      `Allow that with chmod o+x, or choose another folder with SALESDESK_DATA_DIR.`,
  )
}

function isDataFolder(folder: string): boolean {
  return existsSync(join(folder, 'PG_VERSION'))
}

// so that one folder reached by two paths is one folder
function realPath(path: string): string {
  if (existsSync(path) || path === dirname(path)) return realpathSync(path)
  return join(realPath(dirname(path)), basename(path))
}
