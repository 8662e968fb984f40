import type { Client } from 'soap'
import { withSignal } from '../../abort.ts'
import { AdapterError, type Call, type Fetch } from '../adapter.ts'
import type { ServiceAccount, Settings } from './config.ts'
import { faultError, networkError, noAnswer, statusError, type Request } from './errors.ts'
import { accessToken, forgetToken } from './token.ts'
import { canonical, type Sent } from './wsdl/canonical.ts'
import type { OperationOf, Service } from './wsdl/operations.ts'
import { parsedWsdl } from './wsdl/parsed.ts'
import { namespaceOf } from './wsdl/render.ts'

const LARGEST_ANSWER_BYTES = 20_000_000

export interface Transport {
  /** Calls one operation and gives back what stands in its `rval`. @throws AdapterError, never anything of soap's or fetch's. */
  send<S extends Service>(service: S, operation: OperationOf<S>, args: Sent, call: Call): Promise<unknown>
  /** The same, and the answer as it came. */
  sendForText<S extends Service>(
    service: S,
    operation: OperationOf<S>,
    args: Sent,
    call: Call,
  ): Promise<string>
  /** The XML these arguments are sent as. */
  write<S extends Service>(service: S, operation: OperationOf<S>, args: Sent): Promise<string>
}

/** Settings of a connection, perhaps before its network was chosen: Google then only says which there are. */
export type Reachable = Omit<Settings, 'network_code'> & { network_code?: string | undefined }

/** Speaks SOAP with one network as one service account. Nothing is shared between calls but the token and the parsed WSDL. */
export function openTransport(settings: Reachable, account: ServiceAccount, fetch: Fetch): Transport {
  const namespace = namespaceOf(settings.api_version)

  async function exchange(service: Service, operation: string, args: Sent, call: Call) {
    const request = { service, operation }
    if (call.signal.aborted) throw gaveUp()
    const wsdl = await parsedWsdl(service, settings.api_version)
    const { Client } = await import('soap')
    const sent = canonical(service, operation, args)
    const token = await withToken(account, fetch, call.signal)
    const url = `${settings.base_url.replace(/\/+$/, '')}/apis/ads/publisher/${settings.api_version}/${service}`
    const http = httpOf(request, settings, { token, fetch }, call.signal)
    // a client of its own for each call: it keeps headers and the last answer to itself
    const client = new Client(wsdl, url, { httpClient: http as never })
    const { network_code: networkCode, application_name: applicationName } = settings
    const RequestHeader = { ...(networkCode !== undefined && { networkCode }), applicationName }
    client.addSoapHeader({ RequestHeader }, '', 'tns', namespace)
    try {
      const rval = await invoke(client, operation, sent)
      return { rval, text: http.text }
    } catch (error) {
      const translated = translate(request, error, http.status, token)
      if (translated.class === 'config') forgetToken(account)
      throw translated
    }
  }

  return {
    send: async (service, operation, args, call) => (await exchange(service, operation, args, call)).rval,
    sendForText: async (service, operation, args, call) =>
      (await exchange(service, operation, args, call)).text,
    write: async (service, operation, args) => {
      const wsdl = await parsedWsdl(service, settings.api_version)
      const xml: unknown = wsdl.objectToDocumentXML(
        operation,
        canonical(service, operation, args),
        'tns',
        namespace,
      )
      return String(xml)
    },
  }
}

async function invoke(client: Client, operation: string, args: object): Promise<unknown> {
  const method = (client as unknown as Record<string, (args: object) => Promise<[unknown]>>)[
    `${operation}Async`
  ]
  if (!method) throw new Error(`no operation ${operation}`)
  const [result] = await method(args)
  return (result as { rval?: unknown } | null)?.rval
}

/** What `soap` threw, in our words: its errors hold the request's headers, and so the token. */
function translate(
  request: Request,
  error: unknown,
  status: number | undefined,
  token: string,
): AdapterError {
  if (error instanceof AdapterError) return error
  const { root, Fault } = error as { root?: { Envelope?: { Body?: { Fault?: unknown } } }; Fault?: unknown }
  const fault = root?.Envelope?.Body?.Fault
  if (fault) return faultError(request, fault, token)
  if (status !== undefined && status >= 300) return statusError(request, status)
  const what = Fault ? 'an answer cut short' : 'an answer that could not be understood'
  return noAnswer(request, 'unreadable_answer', `there was ${what}`)
}

type Answered = (error: unknown, response?: { status: number; headers: object }, body?: string) => void

/** soap's door to the network, made of fetch so that a call ends when it should and no header is kept. */
function httpOf(
  request: Request,
  settings: Reachable,
  { token, fetch }: { token: string; fetch: Fetch },
  givenUp: AbortSignal,
) {
  const http = {
    status: undefined as number | undefined,
    text: '',
    request(url: string, data: string, answered: Answered) {
      void post(url, data)
        .then(({ status, text }) => {
          http.status = status
          http.text = text
          answered(null, { status, headers: {} }, text)
        })
        .catch((error: unknown) => answered(error))
    },
  }
  const post = (url: string, body: string) =>
    withSignal([givenUp], settings.timeout_ms, async (signal) => {
      try {
        const headers = {
          authorization: `Bearer ${token}`,
          'content-type': 'text/xml; charset=utf-8',
          soapaction: '""',
          'accept-encoding': 'gzip',
          // Google compresses only for a client that says so here too
          'user-agent': `${settings.application_name.replace(/[^\x20-\x7e]/g, '')} (gzip)`,
        }
        const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
        return { status: response.status, text: await readText(response) }
      } catch (error) {
        // asked first, because what fetch throws then is whatever the caller gave as its reason
        if (signal.aborted) throw noAnswer(request, 'no_answer', 'the call ended before there was an answer')
        throw networkError(request, error)
      }
    })
  return http
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > LARGEST_ANSWER_BYTES) throw Object.assign(new Error(), { cause: { code: 'ANSWER_TOO_LARGE' } })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The token may come from a request another call made, so this one only stops waiting for it. */
async function withToken(account: ServiceAccount, fetch: Fetch, signal: AbortSignal): Promise<string> {
  let onAbort = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(gaveUp())
    signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([accessToken(account, fetch), aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function gaveUp(): AdapterError {
  return new AdapterError('transient', 'aborted', 'The call was given up before it was made')
}
