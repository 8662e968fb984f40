import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { main, ofTheRun } from './processes.ts'

export interface Running {
  process: ChildProcessWithoutNullStreams
  stdout(): string
  stderr(): string
  /** The exit code, once it has ended by itself. */
  ended: Promise<number | null>
}

/** Starts a command of ours with exactly this environment, and a stdin to write to. */
export function startSalesdesk(command: string, env: Record<string, string>): Running {
  const child = spawn(process.execPath, [main, command], { env: { ...ofTheRun(), ...env } })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString())).on('error', () => {})
  child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()))
  child.stdin.on('error', () => {})
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { process: child, stdout: () => said.stdout, stderr: () => said.stderr, ended }
}
