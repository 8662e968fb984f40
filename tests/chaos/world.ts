import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAll } from '../support/processes.ts'

/** Everything chaos starts, and the one way to end it all, also half-way through starting. */
export interface World {
  /** Starts something and remembers how to end it, whenever it is up. */
  begin<T>(start: () => Promise<T>, end: (one: T) => Promise<unknown>): Promise<T>
  /** A folder that is gone in the end. */
  folder(): Promise<string>
  /** Ends what is left, the last begun first. */
  close(): Promise<void>
}

export function openWorld(): World {
  const begun: Promise<() => Promise<unknown>>[] = []
  let closing = false
  const begin: World['begin'] = (start, end) => {
    if (closing) throw new Error('interrupted')
    const one = start()
    begun.push(
      one.then(
        (value) => () => end(value),
        () => () => Promise.resolve(),
      ),
    )
    return one
  }
  return {
    begin,
    folder: () => begin(makeFolder, (path) => rm(path, { recursive: true, force: true })),
    async close() {
      closing = true
      await killAll()
      for (const undo of begun.splice(0).reverse()) await (await undo)().catch(() => {})
      await killAll()
    },
  }
}

async function makeFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'salesdesk-chaos-'))
  // PostgreSQL's own user must be able to go there
  await chmod(path, 0o755)
  return path
}
