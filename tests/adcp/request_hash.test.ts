import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requestHash, withoutSecrets } from '../../src/adcp/request_hash.ts'

const json = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })

/** The same JSON with the keys of every object in it the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  )
}

test('a request means the same whatever the order of its keys', () => {
  fc.assert(
    fc.property(json, (request) => {
      expect(requestHash(reversed(request) as typeof request)).toBe(requestHash(request))
    }),
  )
})

test('two different requests never look the same', () => {
  fc.assert(
    fc.property(json, fc.string({ minLength: 1 }), fc.jsonValue(), (request, key, value) => {
      fc.pre(!['idempotency_key', 'context', 'governance_context', '__proto__'].includes(key))
      fc.pre(!Object.hasOwn(request, key))
      expect(requestHash({ ...request, [key]: value })).not.toBe(requestHash(request))
    }),
  )
})

test.each([
  ['idempotency_key', { idempotency_key: 'another-key-0000000001' }],
  ['context', { context: { correlation_id: '2' } }],
  ['governance_context', { governance_context: 'eyJ…' }],
  [
    'the webhook secret',
    { push_notification_config: { url: 'https://a.example', authentication: { credentials: 'x' } } },
  ],
])('%s may differ between two sendings of one request', (_what, change) => {
  const request = {
    idempotency_key: 'some-key-00000000000001',
    push_notification_config: { url: 'https://a.example', authentication: { credentials: 'y' } },
  }
  expect(requestHash({ ...request, ...change })).toBe(requestHash(request))
})

test.each([
  ['ext', { ext: { a: 1 } }],
  ['the webhook address', { push_notification_config: { url: 'https://b.example' } }],
  ['a field that is null', { po_number: null }],
  ['the AdCP release', { adcp_version: '3.1' }],
])('%s is part of what a request means', (_what, change) => {
  const request = { push_notification_config: { url: 'https://a.example' } }
  expect(requestHash({ ...request, ...change })).not.toBe(requestHash(request))
})

test('hashing or stripping a request leaves the request itself as it was', () => {
  const request = {
    idempotency_key: 'some-key-00000000000001',
    governance_context: 'jws',
    push_notification_config: { url: 'u', token: 't', authentication: { credentials: 'c' } },
  }
  const before = structuredClone(request)
  requestHash(request)
  expect(withoutSecrets(request)).toEqual({
    idempotency_key: 'some-key-00000000000001',
    push_notification_config: { url: 'u' },
  })
  expect(request).toEqual(before)
})
