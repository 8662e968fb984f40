import { parseArgs } from 'node:util'

const parts = ['floor', 'rival', 'independence', 'latency', 'growth', 'memory'] as const
export type Part = (typeof parts)[number]

export interface Options {
  /** Few calls, only to see that everything runs; the figures mean nothing. */
  short: boolean
  only: readonly Part[]
  /** How often each side is measured, in turn. */
  rounds: number
  /** Where the figures go as JSON; nowhere unless given. */
  json: string | undefined
  /** Where the growth curves go as an SVG; nowhere unless given. */
  picture: string | undefined
  /** The largest number of products the growth curve goes up to. */
  most: number
  /** How long the server is under load for the memory curve. */
  minutes: number
  /** Calls a second at most during that; as many as it can unless given. */
  rate: number
}

/** Reads the command line of `npm run bench`. @throws Error that says what it takes */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      json: { type: 'string' },
      picture: { type: 'string' },
      most: { type: 'string' },
      minutes: { type: 'string' },
      rate: { type: 'string' },
    },
  })
  const { short, json, picture } = values
  const whole = (name: 'rounds' | 'most' | 'minutes' | 'rate', usual: number) => {
    const value = Number(values[name] ?? usual)
    if (!(value > 0)) throw new Error(`--${name} takes a number above 0`)
    return value
  }
  return {
    short,
    only: (values.only ?? [...parts]).map(partOf),
    rounds: whole('rounds', short ? 1 : 7),
    json,
    picture,
    most: whole('most', short ? 1000 : 1_000_000),
    minutes: whole('minutes', short ? 0.05 : 60),
    rate: whole('rate', Infinity),
  }
}

function partOf(name: string): Part {
  const part = parts.find((one) => one === name)
  if (!part) throw new Error(`--only takes ${parts.join(', ')}`)
  return part
}
