import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identityOf, lives } from './processes.ts'

// Every function here is called under the start lock only.

/** Notes that this process uses the server once more. Returns what `removeUser` wants back. */
export function addUser(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${process.pid}.${randomUUID()}`)
  writeFileSync(file, identityOf(process.pid))
  return file
}

/** Takes back what `addUser` noted. */
export function removeUser(file: string) {
  rmSync(file, { force: true })
}

/** True while any process that noted itself still runs. Forgets those that ended without saying so. */
export function hasLiveUsers(folder: string): boolean {
  if (!existsSync(folder)) return false
  const files = readdirSync(folder).map((name) => join(folder, name))
  const dead = files.filter((file) => !lives(readFileSync(file, 'utf8')))
  for (const file of dead) removeUser(file)
  return dead.length < files.length
}
