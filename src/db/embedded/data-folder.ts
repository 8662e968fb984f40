import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { majorVersion, program } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'
import type { Placement } from './placement.ts'
import { run } from './run-as.ts'

const passwordFile = (data: string) => join(data, 'salesdesk.password')
const ephemeralMark = (data: string) => join(data, 'salesdesk.ephemeral')

/**
 * Makes the data folder if there is none; a caller that dies meanwhile leaves nothing that is taken for one.
 * @throws EmbeddedPostgresError when what is there is no database, one of another version, or one of the other kind.
 */
export async function prepareDataFolder(place: Placement) {
  removeUnfinished(place)
  const version = versionOf(place.data)
  if (version === undefined) return createDataFolder(place)
  if (version !== majorVersion(place.binaries)) {
    throw new EmbeddedPostgresError(
      `The data folder ${place.data} is of PostgreSQL ${version}; the bundled one is ${place.binaries.version} and cannot open it. ` +
        `Dump it with version ${version} and restore it, or choose another folder with SALESDESK_DATA_DIR.`,
    )
  }
  readPassword(place.data)
  if (existsSync(ephemeralMark(place.data)) === place.ephemeral) return
  const kind = place.ephemeral
    ? 'data to keep and cannot serve a throw-away'
    : 'a throw-away and not a durable'
  throw new EmbeddedPostgresError(
    `The data folder ${place.data} holds ${kind} database. Choose another folder.`,
  )
}

/** The password of the superuser `postgres`. @throws EmbeddedPostgresError when Salesdesk did not make the folder. */
export function readPassword(data: string): string {
  try {
    return readFileSync(passwordFile(data), 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const advice =
      'Choose another folder with SALESDESK_DATA_DIR, or start that server yourself and set DATABASE_URL.'
    throw new EmbeddedPostgresError(`The data folder ${data} was not made by Salesdesk. ${advice}`, {
      cause: error,
    })
  }
}

function versionOf(data: string): string | undefined {
  try {
    return readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Removes the data folder; a caller that dies meanwhile leaves none rather than a part of one. */
export function discardDataFolder(place: Placement) {
  if (existsSync(place.data)) renameSync(place.data, `${place.data}.new.discarded`)
  removeUnfinished(place)
}

// what an interrupted first start left
function removeUnfinished(place: Placement) {
  const folder = dirname(place.data)
  const names = readdirSync(folder).filter((name) => name.startsWith(`${basename(place.data)}.new.`))
  for (const name of names) {
    try {
      rmSync(join(folder, name), { recursive: true })
    } catch {
      // an initdb that outlived its caller still writes there
      continue
    }
  }
}

async function createDataFolder(place: Placement) {
  removeIfEmpty(place.data)
  // made under another name, so that a data folder is whole or absent
  const unfinished = mkdtempSync(`${place.data}.new.`)
  const data = join(unfinished, 'data')
  const password = join(unfinished, 'password')
  give(unfinished, place)
  writeFileSync(password, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true })
  give(password, place)
  await initdb(place, data, password)
  renameSync(password, passwordFile(data))
  if (place.ephemeral) writeFileSync(ephemeralMark(data), '')
  renameSync(data, place.data)
  rmSync(unfinished, { recursive: true })
}

async function initdb(place: Placement, data: string, password: string) {
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${password}`]
  const speed = place.ephemeral ? ['--no-sync'] : []
  const args = ['--pgdata', data, ...locale, ...access, ...speed, '--no-instructions']
  const { ok, output } = await run(program(place.binaries, 'initdb'), args, place.account)
  if (ok) return
  throw new EmbeddedPostgresError(
    `PostgreSQL could not make its data folder ${place.data}:\n${output}\nChoose another with SALESDESK_DATA_DIR, or set DATABASE_URL.`,
  )
}

// renaming to an empty folder works on some systems only
function removeIfEmpty(data: string) {
  if (!existsSync(data)) return
  if (readdirSync(data).length === 0) return rmdirSync(data)
  throw new EmbeddedPostgresError(
    `The data folder ${data} is not empty and holds no database. Choose another with SALESDESK_DATA_DIR.`,
  )
}

function give(path: string, place: Placement) {
  if (place.account) chownSync(path, place.account.uid, place.account.gid)
}
