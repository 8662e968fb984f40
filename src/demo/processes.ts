import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Cleanup } from './cleanup.ts'

export interface DeskProcess {
  pid: number
  /** What the process said when it was ready. */
  ready: string
  /** SIGKILL: no goodbye. */
  kill(): Promise<void>
  /** The last lines of its log. */
  tail(): string
}

/** Something the demo needs did not come about. */
export class DemoError extends Error {
  override name = 'DemoError'
}

/** Starts `salesdesk <command>` as a process of its own and waits for the line that says it is ready. `cleanup` stops it. */
export async function startProcess(
  command: 'serve' | 'work',
  env: Record<string, string>,
  cleanup: Cleanup,
): Promise<DeskProcess> {
  const [main = ''] = process.argv.slice(1)
  const child = spawn(process.execPath, [...process.execArgv, main, command], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
  cleanup.add(() => {
    child.kill('SIGTERM')
    return gone
  })
  const tail = () => log.slice(-15).join('\n')
  const ready = await firstLine(
    child,
    gone,
    () => `salesdesk ${command} ended before it was ready.\n${tail()}`,
  )
  return {
    pid: child.pid ?? 0,
    ready,
    tail,
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** Runs `salesdesk <arguments>` to its end and gives what it printed. @throws DemoError when it fails. */
export async function runCommand(args: string[], env: Record<string, string>): Promise<string> {
  const [main = ''] = process.argv.slice(1)
  const child = spawn(process.execPath, [...process.execArgv, main, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [said, failed, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ])
  if (code !== 0) throw new DemoError(`salesdesk ${args.join(' ')} failed: ${failed}`)
  return said.trim()
}

function firstLine(child: ChildProcess, gone: Promise<unknown>, explain: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stdout) createInterface({ input: child.stdout }).once('line', resolve)
    void gone.then(() => reject(new DemoError(explain())))
  })
}
