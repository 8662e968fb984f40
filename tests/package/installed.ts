import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))
const execute = promisify(execFile)

/** Runs a program to its end, with nothing of this project's npm in its environment. @throws with what it printed, when it fails. */
export async function sh(command: string, args: string[], cwd: string): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|command|execpath)/.test(name)),
  )
  const { stdout } = await execute(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

/** Packs this project as npm would publish it, installs that in an empty folder without running any script, and gives the folder. */
export async function installPacked(folder: string, ...options: string[]): Promise<string> {
  await mkdir(folder, { recursive: true })
  const packed = await sh('npm', ['pack', '--silent', '--pack-destination', folder], root)
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
  const tarball = join(folder, packed.trim().split('\n').at(-1) ?? '')
  await sh(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', ...options, tarball],
    folder,
  )
  return folder
}
