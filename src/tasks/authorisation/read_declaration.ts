import type { z } from 'zod'
import { withSignal } from '../../abort.ts'
import { fetchPublic } from '../../outbound/fetch_public.ts'
import { Adagents, Declaration, Pointer } from './adagents.ts'

const DEADLINE_MS = 10_000
const MEGABYTE = 1024 * 1024
/** The sizes adagents.json's schema names: a file at a domain, and one that speaks for a whole network. */
const MOST_BYTES = { well_known: 5 * MEGABYTE, authoritative: 20 * MEGABYTE }

/** Where a file came from, and what its server calls this version of it. */
export interface Source {
  declared_by: string
  etag: string | null
  last_modified: string | null
}
export type Reading =
  | { outcome: 'read'; declaration: Declaration; source: Source }
  | { outcome: 'unchanged' }
  | { outcome: 'unreachable'; why: string }
export interface Reach {
  allowLoopback: boolean
  signal: AbortSignal
  /** Where a domain's file is. */
  adagentsAt(publisher_domain: string): string
}

/** Why a file tells nothing; the message says it to the domain's owner. */
class UnreadableError extends Error {}

/**
 * A domain's adagents.json, or the one it names as authoritative, of which it is asked no further. Nothing that is wrong with file,
 * server or network is thrown; only `signal` is.
 */
export async function readDeclaration(
  domain: string,
  known: Source | undefined,
  reach: Reach,
): Promise<Reading> {
  try {
    const first = await get(reach.adagentsAt(domain), known, reach, MOST_BYTES.well_known)
    if (!first) return { outcome: 'unchanged' }
    const pointer = Pointer.safeParse(first.json)
    if (!pointer.success) return { outcome: 'read', ...declared(first, domain) }
    const second = await get(pointer.data.authoritative_location, known, reach, MOST_BYTES.authoritative)
    return second ? { outcome: 'read', ...declared(second, domain) } : { outcome: 'unchanged' }
  } catch (error) {
    reach.signal.throwIfAborted()
    return { outcome: 'unreachable', why: reasonOf(error as NodeJS.ErrnoException) }
  }
}

interface Got {
  json: unknown
  source: Source
}

/** undefined: it is still what we know. */
async function get(
  url: string,
  known: Source | undefined,
  reach: Reach,
  mostBytes: number,
): Promise<Got | undefined> {
  const same = known?.declared_by === url ? known : undefined
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'salesdesk',
    ...(same?.etag && { 'if-none-match': same.etag }),
    ...(same?.last_modified && { 'if-modified-since': same.last_modified }),
  }
  const { allowLoopback } = reach
  const answer = await withSignal([reach.signal], DEADLINE_MS, (signal) =>
    fetchPublic(url, headers, { allowLoopback, signal, mostBytes }),
  )
  if (answer.status === 304 && same) return undefined
  if (answer.status >= 300 && answer.status < 400)
    throw new UnreadableError(
      `${url} redirects, which is not followed; serve the file itself there, or one with authoritative_location`,
    )
  if (answer.status !== 200) throw new UnreadableError(`${url} answers ${answer.status}`)
  const { etag = null, 'last-modified': last_modified = null } = answer.headers
  return { json: parse(answer.text, url), source: { declared_by: url, etag, last_modified } }
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnreadableError(`${url} is not JSON`)
  }
}

/** The file without the properties of other domains, which one for a network has by the thousand. */
function declared({ json, source }: Got, domain: string): { declaration: Declaration; source: Source } {
  const { data, error } = Adagents.safeParse(json)
  if (!data)
    throw new UnreadableError(`${source.declared_by} is not a valid adagents.json: ${firstIssue(error)}`)
  const { properties, revoked_publisher_domains, ...rest } = data
  const own = properties?.filter((one) => (one.publisher_domain ?? domain) === domain)
  const revoked = revoked_publisher_domains?.filter((one) => one.publisher_domain === domain)
  const declaration = Declaration.parse({
    ...rest,
    ...(own?.length && { properties: own }),
    ...(revoked?.length && { revoked_publisher_domains: revoked }),
  })
  return { declaration, source }
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return issue ? `${issue.path.join('.')}: ${issue.message}` : 'unknown'
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error instanceof UnreadableError) return error.message
  if (error.code === 'ENOTFOUND') return 'the domain has no address'
  return error.code === undefined ? error.message : `${error.code} when asked for its file`
}
