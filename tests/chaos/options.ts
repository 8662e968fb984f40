import { parseArgs } from 'node:util'

export interface Options {
  /** The same seed makes the same choices again, as far as processes that race can. */
  seed: number
  /** The bounded form, for CI. */
  short: boolean
  /** Single orders disturbed call by call, or the storm; both unless given. */
  only: 'matrix' | 'storm' | undefined
}

/** Reads the command line of `npm run chaos`. @throws Error that says what it takes */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      short: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  })
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed takes a whole number')
  const { short, only } = values
  if (only !== undefined && only !== 'matrix' && only !== 'storm')
    throw new Error('--only takes matrix or storm')
  return { seed, short, only }
}
