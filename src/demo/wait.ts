import { setTimeout as pause } from 'node:timers/promises'
import { DemoError } from './processes.ts'

/** Asks again and again until there is an answer. @throws DemoError when there is none after 30 seconds. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const giveUp = performance.now() + 30_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > giveUp) throw new DemoError(`Waited 30 s in vain: ${what}.`)
    await pause(50)
  }
}
