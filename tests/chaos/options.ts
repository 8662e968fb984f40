import { parseArgs } from 'node:util'

export interface Options {
  /** The same seed makes the same choices again, as far as processes that race can. */
  seed: number
  /** The bounded form, for CI. */
  short: boolean
}

/** Reads the command line of `npm run chaos`. @throws Error that says what it takes */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: { seed: { type: 'string' }, short: { type: 'boolean', default: false } },
  })
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed takes a whole number')
  return { seed, short: values.short }
}
