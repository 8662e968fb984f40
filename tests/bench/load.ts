import { Agent, request } from 'node:http'
import { cpuOf } from './process_cpu.ts'
import { percentile } from './figures.ts'

/** A server under load. */
export interface Target {
  name: string
  url: string
  token: string
  pid: number
}
export interface Load {
  /** The JSON-RPC body of the nth call, and where it goes under the target's address. */
  call(n: number): { body: string; path?: string }
  calls: number
  /** How many are on their way at once, each on a connection of its own. */
  connections: number
}
export interface Measured {
  p50: number
  p99: number
  /** Milliseconds of the server's CPU. */
  cpu: number
  per_second: number
}

/** Sends the calls and measures: milliseconds as the caller waits, CPU as the server spends it. @throws when one is not answered well */
export async function measure(target: Target, { call, calls, connections }: Load): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const took: number[] = []
  let next = 0
  const work = async () => {
    for (let n = next++; n < calls; n = next++) {
      const { body, path = '' } = call(n)
      const began = performance.now()
      await post(target, path, body, agent)
      took.push(performance.now() - began)
    }
  }
  const [before, began] = [cpuOf(target.pid), performance.now()]
  await Promise.all(Array.from({ length: connections }, work))
  const seconds = (performance.now() - began) / 1000
  const cpu = (cpuOf(target.pid) - before) / calls
  agent.destroy()
  return { p50: percentile(took, 50), p99: percentile(took, 99), cpu, per_second: calls / seconds }
}

/** One POST; its answer's text. */
export function post(target: Target, path: string, body: string, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${target.token}`,
      'content-length': Buffer.byteLength(body),
    }
    const sent = request(target.url + path, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const well =
          response.statusCode === 200 && !text.includes('"isError":true') && text.includes('"result"')
        if (well) resolve(text)
        else reject(new Error(`${target.name} answered ${response.statusCode}: ${text.slice(0, 600)}`))
      })
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

let id = 0
/** A tools/call as any MCP client sends it. */
export const toolCall = (name: string, args: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id: ++id, method: 'tools/call', params: { name, arguments: args } })
