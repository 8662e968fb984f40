import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPublic } from '../../src/outbound/address.ts'

const refused = [
  ['this network', '0.0.0.0'],
  ['a private network', '10.1.2.3'],
  ['carrier NAT', '100.64.0.1'],
  ['the end of carrier NAT', '100.127.255.255'],
  ['this machine', '127.0.0.1'],
  ['this machine by another number', '127.8.9.10'],
  ['cloud metadata', '169.254.169.254'],
  ['container metadata', '169.254.170.2'],
  ['a private network of the middle', '172.31.255.255'],
  ['IETF protocols', '192.0.0.192'],
  ['a home network', '192.168.1.1'],
  ['a bench', '198.19.255.255'],
  ['documentation', '203.0.113.7'],
  ['multicast', '224.0.0.1'],
  ['the future', '240.0.0.1'],
  ['everybody', '255.255.255.255'],
  ['this machine in IPv6', '::1'],
  ['nowhere in IPv6', '::'],
  ['this machine, mapped', '::ffff:127.0.0.1'],
  ['metadata, mapped and in hexadecimal', '::ffff:a9fe:a9fe'],
  ['a public address, mapped', '::ffff:8.8.8.8'],
  ['metadata behind NAT64', '64:ff9b::a9fe:a9fe'],
  ['a private network through 6to4', '2002:a00:1::'],
  ['a private network through Teredo', '2001:0:a00:1::'],
  ['link-local', 'fe80::1'],
  ['link-local with its zone', 'fe80::1%eth0'],
  ['unique local', 'fd00:ec2::254'],
  ['site-local', 'fec0::1'],
  ['multicast in IPv6', 'ff02::1'],
  ['documentation in IPv6', '2001:db8::1'],
  ['a name', 'localhost'],
  ['nothing', ''],
  ['an IPv4 number with too few parts', '127.1'],
]
test.each(refused)('a webhook never goes to %s (%s)', (_what, address) => {
  expect(isPublic(address)).toBe(false)
})

test.each([
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.0.1',
  '172.32.0.1',
  '169.253.0.1',
  '223.255.255.255',
])('a webhook may go to %s', (address) => expect(isPublic(address)).toBe(true))
test.each(['2606:4700::1111', '2a00:1450:4001::200e', '2003::1'])('a webhook may go to %s', (address) =>
  expect(isPublic(address)).toBe(true),
)

/** First and last number of what is not public, worked out by hand and not by prefix. */
const ranges = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
].map(([first = '', last = '']) => [numberOf(first), numberOf(last)] as const)

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}
const written = (number: number) => [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join('.')

describe('whatever address a name turns out to have', () => {
  const anywhere = fc.integer({ min: 0, max: 2 ** 32 - 1 })
  const atAnEdge = fc
    .tuple(fc.constantFrom(...ranges.flat()), fc.integer({ min: -2, max: 2 }))
    .map(([edge, off]) => Math.min(Math.max(edge + off, 0), 2 ** 32 - 1))

  test('it is refused exactly if it lies in a range that is not public', () => {
    fc.assert(
      fc.property(fc.oneof(anywhere, atAnEdge), (number) => {
        const special = ranges.some(([first, last]) => first <= number && number <= last)
        expect(isPublic(written(number))).toBe(!special)
      }),
      { numRuns: 2000 },
    )
  })

  test('it is refused when it comes as IPv6, in whatever way it is mapped', () => {
    fc.assert(
      fc.property(anywhere, fc.constantFrom('::ffff:', '::', '64:ff9b::', '::ffff:0:'), (number, prefix) => {
        expect(isPublic(`${prefix}${written(number)}`)).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  test('it is refused in IPv6 outside of 2000::/3', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(groups, ([first = 0, ...rest]) => {
        const outside = first >>> 13 === 1 ? first ^ 0x4000 : first
        expect(isPublic([outside, ...rest].map((group) => group.toString(16)).join(':'))).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })
})
