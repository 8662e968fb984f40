import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { FakeGoogle } from './server.ts'

const ApiError = z.object({
  type: z.string(),
  reason: z.string(),
  field_path: z.string().default(''),
  trigger: z.string().default(''),
})
const Fault = z.strictObject({
  operation: z.string().min(1),
  /** Whether the call is carried out before its sender hears of the fault. */
  carried_out: z.boolean().default(false),
  answer: z.union([
    z.enum(['drop', 'silence', 'truncated']),
    z.strictObject({ status: z.int().min(200).max(599) }),
    z.strictObject({ after_ms: z.int().positive() }),
    z.array(ApiError).min(1),
  ]),
})
const Mind = z.strictObject({
  noForecast: z.int().nonnegative().optional(),
  mayApprove: z.boolean().optional(),
  inventory: z.boolean().optional(),
  mayCreateCompanies: z.boolean().optional(),
  policyLabels: z.array(z.string()).optional(),
})

/**
 * Where somebody who tries the fake network sees what it holds (`GET /`) and makes it difficult: `POST /faults` spoils the next call
 * of an operation, `POST /mind` changes its mind about forecasts, rights, inventory and review. Gives back the address.
 */
export async function openFrontDesk(
  google: FakeGoogle,
  port: number,
): Promise<{ url: string; close(): void }> {
  const server = createServer((incoming, outgoing) => {
    void answer(google, incoming).then(({ status, body }) => {
      outgoing.writeHead(status, { 'content-type': 'application/json' })
      outgoing.end(`${JSON.stringify(body, null, 2)}\n`)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, close: () => server.close() }
}

async function answer(
  google: FakeGoogle,
  incoming: IncomingMessage,
): Promise<{ status: number; body: unknown }> {
  const { orders, lineItems, creatives, associations, companies, minded } = google.books
  const asked = `${incoming.method} ${incoming.url}`
  if (asked === 'GET /')
    return { status: 200, body: { orders, lineItems, creatives, associations, companies, minded } }
  const sent = parsed(await text(incoming))
  if (asked === 'POST /faults') {
    const fault = Fault.safeParse(sent)
    if (!fault.success) return { status: 400, body: z.prettifyError(fault.error) }
    const { operation, ...rest } = fault.data
    google.next(operation, rest)
    return { status: 200, body: fault.data }
  }
  if (asked === 'POST /mind') {
    const mind = Mind.safeParse(sent)
    if (!mind.success) return { status: 400, body: z.prettifyError(mind.error) }
    return { status: 200, body: Object.assign(minded, mind.data) }
  }
  return { status: 404, body: 'There are GET /, POST /faults and POST /mind.' }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
