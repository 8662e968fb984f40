import { createHash } from 'node:crypto'

/** What a draft proposal says: how a budget is shared between products, by the fingerprints of their ids. */
export interface DraftTerms {
  /** Days since 1970, UTC. */
  issued: number
  /** First and last day of the flight, where it is known. */
  start: number | null
  end: number | null
  /** Whole units of the currency, below 4 billion. */
  budget: number | null
  items: { product: string; option: string; percent: number }[]
}
interface Owner {
  tenant_id: string
  principal_id: string
}

const PREFIX = 'prop_'
const [VERSION, HEAD, TAG] = [1, 11, 4]
const [PRODUCT, OPTION] = [5, 2]
const ITEM = PRODUCT + OPTION + 1
const NONE = 0

const hexOf = (id: string) => createHash('sha256').update(id).digest('hex')
/** The first ten hex digits of the SHA-256 of a product_id. */
export const productFingerprint = (id: string) => hexOf(id).slice(0, PRODUCT * 2)
/** The first four hex digits of the SHA-256 of a pricing_option_id. */
export const optionFingerprint = (id: string) => hexOf(id).slice(0, OPTION * 2)

/**
 * A draft proposal as an id: nothing needs to be stored for a plan nobody may ever buy. It opens for the buyer it was made for
 * only. It is no secret and proves nothing: whoever forges one has asked for a plan, and gets what any buyer would.
 */
export function draftId(terms: DraftTerms, owner: Owner): string {
  const head = Buffer.alloc(HEAD)
  head.writeUInt8(VERSION, 0)
  head.writeUInt16BE(terms.issued, 1)
  head.writeUInt16BE(terms.start ?? NONE, 3)
  head.writeUInt16BE(terms.end ?? NONE, 5)
  head.writeUInt32BE(terms.budget ?? NONE, 7)
  const items = terms.items.map(({ product, option, percent }) =>
    Buffer.concat([Buffer.from(product + option, 'hex'), Buffer.of(percent)]),
  )
  const body = Buffer.concat([head, ...items])
  return PREFIX + Buffer.concat([body, tagOf(body, owner)]).toString('base64url')
}

/** What a draft's id says; undefined for anything that is no draft of this buyer. */
export function readDraftId(id: string, owner: Owner): DraftTerms | undefined {
  if (!id.startsWith(PREFIX)) return undefined
  const bytes = Buffer.from(id.slice(PREFIX.length), 'base64url')
  const body = bytes.subarray(0, -TAG)
  const count = (body.length - HEAD) / ITEM
  if (count < 1 || !Number.isInteger(count) || body[0] !== VERSION) return undefined
  if (!tagOf(body, owner).equals(bytes.subarray(-TAG))) return undefined
  if (PREFIX + bytes.toString('base64url') !== id) return undefined
  const orNull = (value: number) => (value === NONE ? null : value)
  return {
    issued: body.readUInt16BE(1),
    start: orNull(body.readUInt16BE(3)),
    end: orNull(body.readUInt16BE(5)),
    budget: orNull(body.readUInt32BE(7)),
    items: Array.from({ length: count }, (_, i) => {
      const item = body.subarray(HEAD + i * ITEM, HEAD + (i + 1) * ITEM)
      return {
        product: item.toString('hex', 0, PRODUCT),
        option: item.toString('hex', PRODUCT, PRODUCT + OPTION),
        percent: item[ITEM - 1] ?? 0,
      }
    }),
  }
}

const tagOf = (body: Buffer, { tenant_id, principal_id }: Owner) =>
  createHash('sha256').update(`${tenant_id}\0${principal_id}\0`).update(body).digest().subarray(0, TAG)
