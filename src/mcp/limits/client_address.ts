import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** Whose requests come from where, as far as one can know. */
export type ClientAddress = (request: IncomingMessage) => string

/**
 * The address a request comes from. What X-Forwarded-For says is believed from these proxies only (addresses, or ranges as
 * `10.0.0.0/8`), and then the last address in it that is no such proxy: what stands before, anybody could have written.
 * Of IPv6 the /64, which one customer has at the least. @throws TypeError for a range that is none
 */
export function clientAddress(proxies: readonly string[]): ClientAddress {
  const trusted = listOf(proxies)
  const isProxy = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return ({ socket, headers }) => {
    let from = plain(socket.remoteAddress ?? '')
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
    while (isIP(from) && isProxy(from) && forwarded.length > 0) {
      const before = plain(forwarded.pop()?.trim() ?? '')
      if (!isIP(before)) break
      from = before
    }
    return isIP(from) === 6 ? networkOf(from) : from || 'unknown'
  }
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(network, family)
    else list.addSubnet(network, Number(bits), family)
  }
  return list
}

/** IPv4 as such, also where the socket writes it as IPv6. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

/** `2001:db8:0:1::/64` of any address within. */
function networkOf(address: string): string {
  const [head = '', tail] = address.replace(/%.*/, '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [
    ...before,
    ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'),
    ...after,
  ]
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
