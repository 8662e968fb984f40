import { createDesk } from '../../../src/app.ts'
import { serveHttp } from '../../../src/serve_http.ts'
import { readConfig } from '../../../src/config.ts'
import { createLog } from '../../../src/log.ts'
import { listenToQueries } from '../../support/queries_sent.ts'
import { post, type Target } from '../load.ts'
import type { Stage } from '../stage.ts'
import { madeAnew, type Recording } from './recording.ts'

/** Has a desk in this process answer each call and writes down what it asks PostgreSQL: the work nobody can leave out. */
export async function record({ url, token }: Stage, calls: readonly (() => string)[]): Promise<Recording[]> {
  const config = readConfig({ PORT: '0', HOST: '127.0.0.1' })
  const desk = createDesk({ config, databaseUrl: url, log: createLog('warn') })
  const http = await serveHttp(desk, config)
  const target: Target = { name: 'Salesdesk', url: `${http.url}/mcp`, token, pid: process.pid }
  const recordings: Recording[] = []
  const listen = listenToQueries()
  try {
    for (const call of calls) {
      // what is asked only once in the life of a process is no part of a call
      await post(target, '', call())
      const [one, other] = [await one_call(target, call()), await one_call(target, call())]
      recordings.push({ ...one, made: madeAnew(one, other) })
    }
  } finally {
    listen.end()
    await http.close()
    await desk.close()
  }
  return recordings

  async function one_call(to: Target, body: string): Promise<Recording> {
    listen.heard.length = 0
    const { result } = JSON.parse(await post(to, '', body)) as { result: unknown }
    return { queries: [...listen.heard], result, made: [] }
  }
}
