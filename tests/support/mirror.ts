import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Mirror {
  url: string
  /** What the next requests are answered with, over and over in this order. */
  answers(...statuses: number[]): void
  /** Every credential anybody has shown it. */
  shown: Set<string>
  close(): Promise<void>
}

/** The most talkative server there could be: whatever it is asked, it says back all it was told, as an error of every kind. */
export async function startMirror(): Promise<Mirror> {
  const shown = new Set<string>()
  let statuses = [500]
  let turn = 0
  const server = createServer((incoming, outgoing) => {
    void hear(incoming).then((body) => {
      for (const one of credentialsIn(incoming, body)) shown.add(one)
      sayBack(incoming, body, outgoing, statuses[turn++ % statuses.length] ?? 500)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: (...given) => {
      statuses = given
      turn = 0
    },
    shown,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function hear(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function credentialsIn({ headers, url = '' }: IncomingMessage, body: string): string[] {
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
  const assertion = new URLSearchParams(body).get('assertion')
  const parameters = [...new URL(url, 'http://mirror').searchParams.values()]
  return [bearer, assertion, ...parameters].filter(
    (one) => typeof one === 'string' && one.length > 15,
  ) as string[]
}

function sayBack(
  { method, url, rawHeaders, headers }: IncomingMessage,
  body: string,
  outgoing: ServerResponse,
  status: number,
) {
  const said = [headers.authorization, method, url, ...rawHeaders, body].join(' ')
  const form = /xml/.test(headers['content-type'] ?? '') ? soapFault(said) : json(said)
  outgoing.writeHead(status, {
    'content-type': form.type,
    location: `/${encodeURIComponent(said.slice(0, 2000))}`,
  })
  outgoing.end(form.text)
}

function json(said: string) {
  const text = JSON.stringify({ code: said, message: said, error: said, Message: said, errors: [said] })
  return { type: 'application/json', text }
}

function soapFault(said: string) {
  const text = said.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const fault = `<s:Fault><faultcode>s:Server</faultcode><faultstring>${text}</faultstring></s:Fault>`
  return {
    type: 'text/xml',
    text: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${fault}</s:Body></s:Envelope>`,
  }
}
