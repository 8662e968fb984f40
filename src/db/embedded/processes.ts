import { readFileSync } from 'node:fs'

/** Tells a process from a later one that got the same pid: the pid and, where /proc has it, its start time. */
export function identityOf(pid: number): string {
  return `${pid} ${procStat(pid)?.started ?? ''}`
}

/** True while the very process this identity was taken of still runs. */
export function lives(identity: string): boolean {
  const pid = Number.parseInt(identity)
  return isRunning(pid) && identityOf(pid) === identity
}

/** True if there is such a process and it is not a zombie. */
export function isRunning(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return procStat(pid)?.state !== 'Z'
}

/** What the process is called, where /proc can tell. */
export function processName(pid: number): string | undefined {
  return procStat(pid)?.name
}

function procStat(pid: number) {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // "pid (name) state …", and a name may hold spaces and brackets
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
      state: fields[0],
      started: fields[19],
    }
  } catch {
    return undefined
  }
}
