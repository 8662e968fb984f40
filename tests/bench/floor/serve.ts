import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import pg from 'pg'
import type { Recording } from './recording.ts'

/**
 * The least a desk can do: a bare server that reads JSON-RPC, sends PostgreSQL the queries of the recording named in the path as
 * prepared statements, and answers with the recorded answer. It knows no protocol, checks nothing and forgets everything.
 */
const [file = '', url = ''] = process.argv.slice(2)
const recordings = JSON.parse(readFileSync(file, 'utf8'), revive) as Recording[]
const options = '-c plan_cache_mode=force_generic_plan'
const pool = new pg.Pool({ connectionString: url, max: 10, options })
const names = new Map<string, string>()

createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const recording = recordings[Number(/\d+$/.exec(request.url ?? '')?.[0])]
    const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: unknown }
    if (!recording) return void response.writeHead(404).end()
    replay(recording).then(
      (result) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result })),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
}).listen(0, '127.0.0.1', function (this: Server) {
  process.stdout.write(`floor at ${(this.address() as { port: number }).port}\n`)
})

async function replay({ queries, result, made }: Recording): Promise<unknown> {
  const anew = new Map(
    made.map((id) => [id, id.slice(0, -12) + randomBytes(6).toString('hex').toUpperCase()]),
  )
  const renamed = (value: unknown) => (typeof value === 'string' ? rename(value, anew) : value)
  const client = await pool.connect()
  try {
    for (const { text, values } of queries)
      await client.query(values.length > 0 ? { name: nameOf(text), text, values: values.map(renamed) } : text)
  } finally {
    client.release()
  }
  return result
}

function rename(value: string, anew: Map<string, string>): string {
  let renamed = value
  for (const [from, to] of anew) if (renamed.includes(from)) renamed = renamed.replaceAll(from, to)
  return renamed
}

function nameOf(text: string): string {
  const name = names.get(text) ?? `s${names.size}`
  names.set(text, name)
  return name
}

/** JSON has no bytes and no dates of its own; the recording says which strings are which. */
function revive(_key: string, value: unknown): unknown {
  const { $bytes, $date } = (value ?? {}) as { $bytes?: string; $date?: string }
  if ($bytes !== undefined) return Buffer.from($bytes, 'base64')
  return $date === undefined ? value : new Date($date)
}
