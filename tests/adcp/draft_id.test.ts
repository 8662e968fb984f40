import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { draftId, readDraftId, type DraftTerms } from '../../src/adcp/draft_id.ts'

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((all) => all.join(''))
const day = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: null })
const terms: fc.Arbitrary<DraftTerms> = fc.record({
  issued: fc.integer({ min: 1, max: 65_535 }),
  start: day,
  end: day,
  budget: fc.option(fc.integer({ min: 1, max: 4_000_000_000 }), { nil: null }),
  items: fc.array(
    fc.record({ product: hex(10), option: hex(4), percent: fc.integer({ min: 1, max: 100 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  ),
})
const owner = { tenant_id: 't', principal_id: 'p' }

describe('the id of a draft', () => {
  test('says all of it, and is short enough for AdCP', () => {
    fc.assert(
      fc.property(terms, (written) => {
        const id = draftId(written, owner)
        expect(readDraftId(id, owner)).toEqual(written)
        expect(id.length).toBeLessThanOrEqual(255)
      }),
    )
  })

  test('says nothing to another buyer or publisher, nor once a letter is changed', () => {
    fc.assert(
      fc.property(terms, fc.nat(), (written, at) => {
        const id = draftId(written, owner)
        expect(readDraftId(id, { ...owner, principal_id: 'q' })).toBeUndefined()
        expect(readDraftId(id, { ...owner, tenant_id: 'u' })).toBeUndefined()
        const i = at % id.length
        const changed = `${id.slice(0, i)}${id[i] === 'A' ? 'B' : 'A'}${id.slice(i + 1)}`
        expect(readDraftId(changed, owner)).toBeUndefined()
      }),
    )
  })

  test('is nothing that just looks like one', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readDraftId(text, owner)).toBeUndefined()
        expect(readDraftId(`prop_${text}`, owner)).toBeUndefined()
      }),
    )
  })
})
