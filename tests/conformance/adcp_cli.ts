import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const cli = join(dirname(createRequire(import.meta.url).resolve('@adcp/sdk/package.json')), 'bin/adcp.js')

/** What `adcp …` prints. It exits with 1 when something fails; what it printed says what. */
export async function adcp(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], {
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout?: string }) => {
    if (!error.stdout) throw error
    return { stdout: error.stdout }
  })
  return stdout
}
