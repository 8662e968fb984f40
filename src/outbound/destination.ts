import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isLoopback, isPublic } from './address.ts'

/** Nothing may be sent there or had from there; no connection was made. */
export class ForbiddenDestinationError extends Error {
  override name = 'ForbiddenDestinationError'
  /** By which those know it who see what a fetch threw. */
  readonly code = 'FORBIDDEN_DESTINATION'
}

export type Resolve = (host: string) => Promise<string[]>

/**
 * The addresses behind the URL of somebody else, asked for once and checked; the caller connects to these and asks no more, so that a name
 * cannot point elsewhere in the meantime. One address that is not public is enough to refuse all. @throws ForbiddenDestinationError
 */
export async function checkedAddresses(
  url: URL,
  allowLoopback: boolean,
  resolve: Resolve = resolveAll,
): Promise<string[]> {
  if (url.protocol !== 'https:' && !(allowLoopback && url.protocol === 'http:'))
    throw new ForbiddenDestinationError('only https is spoken')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) ? [host] : await resolve(host)
  if (addresses.length === 0) throw new ForbiddenDestinationError('the name has no address')
  for (const address of addresses) {
    const own = allowLoopback && isLoopback(address)
    if (!own && !isPublic(address))
      throw new ForbiddenDestinationError(`the address ${address} is not public`)
    if (!own && url.protocol !== 'https:') throw new ForbiddenDestinationError('only https is spoken')
  }
  return addresses
}

async function resolveAll(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}
