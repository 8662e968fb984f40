import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'

export const root = new URL('../..', import.meta.url).pathname
/** How `salesdesk <command>` is started from its sources, so that no test runs a stale build. */
export const salesdesk = { command: process.execPath, args: ['--import', 'tsx', 'src/main.ts'] }

export interface Running {
  process: ChildProcessWithoutNullStreams
  stdout(): string
  stderr(): string
  /** The exit code, once it has ended by itself. */
  ended: Promise<number | null>
}

/** Starts a command of ours with exactly this environment (and PATH). */
export function startSalesdesk(command: string, env: Record<string, string>): Running {
  const child = spawn(salesdesk.command, [...salesdesk.args, command], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...env },
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString())).on('error', () => {})
  child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()))
  child.stdin.on('error', () => {})
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { process: child, stdout: () => said.stdout, stderr: () => said.stderr, ended }
}
