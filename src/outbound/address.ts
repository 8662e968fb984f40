import { BlockList, isIP } from 'node:net'

/** IPv4 that is not the public internet (IANA special-purpose registry), cloud metadata and carrier NAT among it. */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** In IPv6 only 2000::/3 is public, and of that not what is documentation or carries an IPv4 address inside (Teredo, 6to4). */
const public6 = ['2000::/3']
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const inSpecial4 = ranges(special4, 'ipv4')
const inPublic6 = ranges(public6, 'ipv6')
const inSpecial6 = ranges(special6, 'ipv6')

/** True for an address on the public internet. IPv4 written as IPv6 is never public: nobody needs to be reached that way. */
export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !inSpecial4.check(address, 'ipv4')
    case 6:
      return !address.includes('%') && inPublic6.check(address, 'ipv6') && !inSpecial6.check(address, 'ipv6')
    default:
      return false
  }
}

/** This very machine, as the development switch allows it. */
export function isLoopback(address: string): boolean {
  return address === '127.0.0.1' || address === '::1'
}

function ranges(list: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const block = new BlockList()
  for (const range of list) {
    const [network = '', bits = ''] = range.split('/')
    block.addSubnet(network, Number(bits), family)
  }
  return block
}
