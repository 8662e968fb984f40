import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { parse } from 'node:path'
import { EmbeddedPostgresError } from './error.ts'

/** The system account a program runs as. */
export interface Account {
  name: string
  uid: number
  gid: number
}

/** Spawn options for every PostgreSQL program: no locale of the caller's, no folder the account may not enter. */
export function spawnOptions(account: Account | undefined) {
  const neutral = { LC_ALL: 'C', LANG: 'C', TZ: 'UTC' }
  return {
    // on Windows a PATH left out is filled in by Node
    env: process.platform === 'win32' ? neutral : { ...neutral, PATH: '/usr/bin:/bin' },
    cwd: parse(process.cwd()).root,
    windowsHide: true,
    ...(account && { uid: account.uid, gid: account.gid }),
  }
}

/** Runs a program to its end. @throws EmbeddedPostgresError when it cannot be executed at all. */
export async function run(file: string, args: string[], account: Account | undefined) {
  const ended = await new Promise<{ error: Error | null; output: string }>((resolve) => {
    execFile(file, args, spawnOptions(account), (error, stdout, stderr) =>
      resolve({ error, output: `${stdout}${stderr}`.trim() }),
    )
  })
  const code = ended.error && 'code' in ended.error ? ended.error.code : undefined
  if (typeof code === 'string') {
    const who = account ? ` as user ${account.name}` : ''
    const advice =
      'It needs glibc (so not Alpine), an executable file system and, for root, the right to change user.'
    throw new EmbeddedPostgresError(`Cannot run ${file}${who} (${code}). ${advice} Or set DATABASE_URL.`, {
      cause: ended.error,
    })
  }
  return { ok: ended.error === null, output: ended.output }
}

/** True if the account can execute this program with these arguments and it succeeds. */
export async function succeeds(file: string, args: string[], account: Account): Promise<boolean> {
  try {
    return (await run(file, args, account)).ok
  } catch {
    return false
  }
}

/**
 * The account root lends to PostgreSQL, which refuses to run as root.
 * @throws EmbeddedPostgresError when the system has none of the usual ones.
 */
export function unprivilegedAccount(passwd = '/etc/passwd'): Account {
  const accounts = readFileSync(passwd, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find((fields) => fields[0] === name) ?? []
    if (uid && gid) return { name, uid: Number(uid), gid: Number(gid) }
  }
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as. ' +
      'Start Salesdesk as an ordinary user, or set DATABASE_URL.',
  )
}

/** The account an existing data folder belongs to. @throws EmbeddedPostgresError when that is root. */
export function ownerOf(folder: string): Account {
  const { uid, gid } = statSync(folder)
  if (uid !== 0) return { name: `uid ${uid}`, uid, gid }
  const advice = `Run chown -R ${unprivilegedAccount().name} ${folder}, or choose another with SALESDESK_DATA_DIR.`
  throw new EmbeddedPostgresError(
    `The data folder ${folder} belongs to root, as which no PostgreSQL runs. ${advice}`,
  )
}
