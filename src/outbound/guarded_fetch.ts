import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector, fetch } from 'undici'
import { isPublic } from './address.ts'
import { ForbiddenDestinationError } from './destination.ts'

/**
 * A fetch for addresses a publisher's people choose: https to public addresses, whatever the name, and besides only the hosts of
 * `privateHosts` (`host` or `host:port`). Addresses are looked at as each connection is made, so a name cannot point elsewhere in the
 * meantime; connections are kept and used again. What it throws has a ForbiddenDestinationError as its cause.
 */
export function guardedFetch(
  privateHosts: readonly string[],
  lookUp: LookupFunction = lookup,
): typeof globalThis.fetch {
  const inside = new Set(privateHosts.map((host) => host.toLowerCase()))
  const anywhere = buildConnector({})
  const onlyPublic = buildConnector({ lookup: publicOnly(lookUp) })
  const connect: buildConnector.connector = (options, connected) => {
    const { hostname, protocol } = options
    const port = options.port || (protocol === 'https:' ? '443' : '80')
    const written = isIP(hostname) === 6 ? `[${hostname}]` : hostname
    if (inside.has(written) || inside.has(`${written}:${port}`)) return anywhere(options, connected)
    if (protocol !== 'https:') return connected(new ForbiddenDestinationError('only https is spoken'), null)
    // an address needs no looking up, and so nobody else would look at it
    if (isIP(hostname) && !isPublic(hostname)) return connected(notPublic(hostname), null)
    return onlyPublic(options, connected)
  }
  const dispatcher = new Agent({ connect })
  return ((address: string | URL, init: RequestInit) =>
    fetch(address, { ...init, dispatcher } as never)) as unknown as typeof globalThis.fetch
}

/** DNS, but for names of which one address is not public. */
function publicOnly(lookUp: LookupFunction): LookupFunction {
  return (host, options, found) => {
    lookUp(host, { ...options, all: true }, (error, addresses) => {
      const all = Array.isArray(addresses) ? addresses : []
      const [first] = all
      const wrong = all.find(({ address }) => !isPublic(address))
      if (error || !first) found(error ?? new ForbiddenDestinationError('the name has no address'), [])
      else if (wrong) found(notPublic(wrong.address), [])
      else if (options.all === true) found(null, all)
      else found(null, first.address, first.family)
    })
  }
}

const notPublic = (address: string) => new ForbiddenDestinationError(`the address ${address} is not public`)
