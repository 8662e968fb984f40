import { createPublicKey, createVerify, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { openBooks, type Books } from './books.ts'
import type { ApiError } from './fail.ts'
import * as data from './network_data.ts'
import { reportFile } from './reports.ts'
import { answerTo, type Answer } from './soap.ts'

/** What befalls one call: whether it is carried out first, and what its sender gets to hear instead of an answer. */
export interface Fault {
  carried_out: boolean
  answer:
    | 'drop'
    | 'silence'
    | 'truncated'
    | { status: number; body?: string }
    | readonly ApiError[]
    | { after_ms: number }
}

export interface FakeGoogle {
  url: string
  books: Books
  /** Settings and secret of a connection to it. */
  settings: Record<string, unknown>
  serviceAccount: string
  /** Every call that came in, in order, with what the schema has against it. */
  calls: { service: string; operation: string; complaints: string[] }[]
  /** Every report that was fetched, with the token that came along. */
  downloads: { authorization: string | undefined }[]
  onCall?: (call: FakeGoogle['calls'][number]) => void
  /** How many access tokens it has handed out. */
  readonly tokensGiven: number
  /** The token its callers carry: what must never be seen anywhere. */
  token: string
  /** The next call of this operation suffers this; called again, the one after it does. */
  next(operation: string, fault: Fault): void
  close(): Promise<void>
}

/** A network of Google Ad Manager on this machine: tokens and SOAP over HTTP, its state in memory. */
export async function startFakeGoogle({ port = 0, clock = () => new Date() } = {}): Promise<FakeGoogle> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const books = openBooks(clock)
  const token = `ya29.fake-${randomUUID()}`
  // what the process remembers of another network, which had this port before, is not true of this one
  const client_email = `salesdesk-${randomUUID()}@northwind.iam.example`
  const faults: { operation: string; fault: Fault }[] = []
  const calls: FakeGoogle['calls'] = []
  const downloads: FakeGoogle['downloads'] = []
  let tokensGiven = 0
  const server = createServer((incoming, outgoing) => {
    void receive(incoming).then(async (body) => {
      if (incoming.url === '/token') return giveToken(outgoing, body)
      const take = (operation: string) => {
        const index = faults.findIndex((one) => one.operation === operation)
        return index < 0 ? undefined : faults.splice(index, 1)[0]?.fault
      }
      if (incoming.method === 'GET') return giveFile(incoming, outgoing, take('download'))
      const known = incoming.headers.authorization === `Bearer ${token}`
      const answer = answerTo({ books, path: incoming.url ?? '', body, known, calls, take })
      const last = calls.at(-1)
      if (last) google.onCall?.(last)
      await say(answer, incoming, outgoing)
    })
  })
  /** Whoever has the address gets the report; a token has no business here. */
  const giveFile = (incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined) => {
    downloads.push({ authorization: incoming.headers.authorization })
    const file = reportFile(books, incoming.url ?? '')
    const answer = fault?.answer
    if (answer === 'silence') return
    if (answer === 'drop') return void incoming.socket.destroy()
    const status = file
      ? answer && typeof answer === 'object' && 'status' in answer
        ? answer.status
        : 200
      : 404
    outgoing.writeHead(status, { 'content-type': 'application/x-gzip' })
    outgoing.end(answer === 'truncated' ? file?.subarray(0, file.length - 9) : file)
  }
  const giveToken = (outgoing: ServerResponse, body: string) => {
    const valid = isSigned(body, client_email, publicKey.export({ type: 'spki', format: 'pem' }))
    if (valid) tokensGiven++
    outgoing.writeHead(valid ? 200 : 400, { 'content-type': 'application/json' })
    outgoing.end(
      JSON.stringify(
        valid ? { access_token: token, expires_in: 3599, token_type: 'Bearer' } : { error: 'invalid_grant' },
      ),
    )
  }
  // how long a busy machine makes a call wait is no fault of the network: only the caller closes what is idle
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  books.minded.reportsAt = url
  const google: FakeGoogle = {
    url,
    books,
    token,
    calls,
    downloads,
    get tokensGiven() {
      return tokensGiven
    },
    settings: { network_code: data.network['networkCode'], base_url: url, calls_per_second: null },
    serviceAccount: JSON.stringify({
      type: 'service_account',
      client_email,
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: `${url}/token`,
    }),
    next: (operation, fault) => void faults.push({ operation, fault }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return google
}

async function say(
  { status, xml, fault }: Answer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const answer = fault?.answer
  if (answer === 'silence') return
  if (answer === 'drop') return void incoming.socket.destroy()
  if (answer && typeof answer === 'object' && 'status' in answer) {
    outgoing.writeHead(answer.status, { 'content-type': 'text/html' })
    return void outgoing.end(answer.body ?? '<html><body>Service Unavailable</body></html>')
  }
  if (answer && typeof answer === 'object' && 'after_ms' in answer) await setTimeout(answer.after_ms)
  const text = answer === 'truncated' ? xml.slice(0, Math.floor(xml.length * 0.7)) : xml
  // it compresses for who asks for it in both headers, as Google does
  const zipped =
    /gzip/.test(`${incoming.headers['accept-encoding']}`) && /gzip/.test(`${incoming.headers['user-agent']}`)
  outgoing.writeHead(status, {
    'content-type': 'text/xml; charset=UTF-8',
    ...(zipped && { 'content-encoding': 'gzip' }),
  })
  outgoing.end(zipped ? gzipSync(text) : text)
}

async function receive(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Whether the claim of a token request was signed with the service account's key and asks for what SOAP needs. */
function isSigned(body: string, client_email: string, key: string | Buffer): boolean {
  const [header = '', claim = '', signature = ''] = (new URLSearchParams(body).get('assertion') ?? '').split(
    '.',
  )
  const verified = createVerify('RSA-SHA256')
    .update(`${header}.${claim}`)
    .verify(createPublicKey(key), signature, 'base64url')
  const { scope, iss, exp } = JSON.parse(Buffer.from(claim, 'base64url').toString() || '{}') as Record<
    string,
    unknown
  >
  return (
    verified &&
    scope === 'https://www.googleapis.com/auth/dfp' &&
    iss === client_email &&
    Number(exp) * 1000 > Date.now()
  )
}
