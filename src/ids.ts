import { randomFillSync } from 'node:crypto'

type Prefix =
  | 'mb'
  | 'pkg'
  | 'wf'
  | 'task'
  | 'ful'
  | 'fst'
  | 'acc'
  | 'prn'
  | 'err'
  | 'whk'
  | 'upd'
  | 'io'
  | 'sync'
  | 'usr'
  | 'chk'
  | 'conn'
  | 'ctx'

const ID_BYTES = 16
/** Randomness for many ids at once: asking the operating system for each costs more than all else about it. */
const pool = Buffer.alloc(256 * ID_BYTES)
let used = pool.length

function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return pool.toString('base64url', used, (used += ID_BYTES))
}

/** A new identifier such as `mb_…` with 128 random bits, safe to hand to a buyer and impossible to guess. */
export function newId<P extends Prefix>(prefix: P): `${P}_${string}` {
  return `${prefix}_${randomId()}`
}
