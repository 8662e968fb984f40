import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from '../load.ts'
import type { Stage } from '../stage.ts'
import type { Recording } from './recording.ts'

const server = fileURLToPath(new URL('serve.ts', import.meta.url))

/** The floor as a process of its own that replays these recordings; each is asked for by its number as path. */
export async function startFloor({ world, url, token }: Stage, recordings: Recording[]): Promise<Target> {
  const file = join(await world.folder(), 'recordings.json')
  await writeFile(file, JSON.stringify(recordings.map(plain)))
  const start = () =>
    Promise.resolve(
      spawn(process.execPath, ['--import', 'tsx', server, file, url], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
  const child = await world.begin(start, async (one) => {
    one.kill('SIGKILL')
    if (one.exitCode === null && one.signalCode === null) await once(one, 'exit')
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const [port = ''] = /\d+/.exec(said.toString()) ?? []
  return { name: 'the floor', url: `http://127.0.0.1:${port}`, token, pid: child.pid ?? 0 }
}

const plain = (recording: Recording) => ({
  ...recording,
  queries: recording.queries.map(({ text, values }) => ({ text, values: values.map(spelled) })),
})

function spelled(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return { $bytes: value.toString('base64') }
  return value instanceof Date ? { $date: value.toISOString() } : value
}
