import { randomBytes } from 'node:crypto'

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

/** A new identifier such as `mb_…` with 128 random bits, safe to hand to a buyer and impossible to guess. */
export function newId<P extends Prefix>(prefix: P): `${P}_${string}` {
  return `${prefix}_${randomBytes(16).toString('base64url')}`
}
