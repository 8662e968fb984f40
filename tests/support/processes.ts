import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually } from './eventually.ts'

export const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface Salesdesk {
  pid: number
  stdout(): string
  stderr(): string
  /** Resolves to the exit code, or to the signal that ended it. */
  exited: Promise<number | NodeJS.Signals | null>
  kill(signal: NodeJS.Signals): void
  /** Waits until it has printed something like this. */
  said(pattern: RegExp, ms?: number): Promise<RegExpMatchArray>
}

const running = new Set<Salesdesk>()

/** What every process is given, whatever else: where programs are, and where code compiled before is kept. */
export function ofTheRun(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return { PATH, NODE_COMPILE_CACHE }
}

/** Ends by SIGKILL every process that a test has left running. */
export async function killAll(): Promise<void> {
  for (const child of running) child.kill('SIGKILL')
  await Promise.all([...running].map(({ exited }) => exited))
}

/** Starts `salesdesk …` as a process of its own, with this environment and nothing else. */
export function salesdesk(args: string[], env: Record<string, string> = {}, cwd?: string): Salesdesk {
  if (!existsSync(main))
    throw new Error(`${main} is missing: run "npm run build" first, or the tests by "npm test"`)
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...ofTheRun(), LOG_LEVEL: 'info', AD_SERVER_PRIVATE_HOSTS: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  })
  const lines: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] }
  for (const name of ['stdout', 'stderr'] as const)
    createInterface({ input: child[name] }).on('line', (line) => lines[name].push(line))
  const one: Salesdesk = {
    pid: child.pid ?? 0,
    stdout: () => lines.stdout.join('\n'),
    stderr: () => lines.stderr.join('\n'),
    exited: new Promise((resolve) =>
      child.once('close', (code, signal) => {
        running.delete(one)
        resolve(code ?? signal)
      }),
    ),
    kill: (signal) => void child.kill(signal),
    async said(pattern, ms = 60_000) {
      let ended = false
      void one.exited.then(() => (ended = true))
      return eventually(
        `${args.join(' ')} says ${String(pattern)}; it said: ${one.stdout()}\n${one.stderr()}`,
        () => {
          const match = one.stdout().match(pattern)
          if (!match && ended) throw new Error(`it ended without saying so: ${one.stdout()}\n${one.stderr()}`)
          return match
        },
        ms,
      )
    },
  }
  running.add(one)
  return one
}

/** Runs `salesdesk …` to its end. */
export async function run(
  args: string[],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<{ code: number | NodeJS.Signals | null; stdout: string; stderr: string }> {
  const one = salesdesk(args, { LOG_LEVEL: 'warn', ...env }, cwd)
  const code = await one.exited
  return { code, stdout: one.stdout(), stderr: one.stderr() }
}

/** What `salesdesk …` shows somebody whose terminal is so many characters wide. */
export async function seenInTerminal(
  columns: number,
  args: string[],
  env: Record<string, string>,
): Promise<string> {
  const command = `stty cols ${columns}; '${process.execPath}' '${main}' ${args.join(' ')}`
  const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
    env: { ...ofTheRun(), SHELL: '/bin/sh', LOG_LEVEL: 'warn', ...env },
  })
  return stdout.replaceAll('\r\n', '\n').trimEnd()
}

/** True while a process of this id lives. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
