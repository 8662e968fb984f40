import { styleText } from 'node:util'

type Who = 'desk' | 'agent' | 'person' | 'worker' | 'chaos'
const colours = { desk: 'gray', agent: 'cyan', person: 'yellow', worker: 'green', chaos: 'red' } as const

/** Prints what happens as it happens: when, who, what, how long it took. */
export interface Timeline {
  heading(text: string): void
  /** Runs a step and prints it with its duration; `tell` says in one line what came of it. */
  step<T>(who: Who, what: string, work: () => Promise<T>, tell: (result: T) => string): Promise<T>
  detail(text: string): void
}

/** A timeline that begins now. */
export function createTimeline(print: (line: string) => void): Timeline {
  const began = performance.now()
  const since = () => `${((performance.now() - began) / 1000).toFixed(2).padStart(6)} s`
  return {
    heading: (text) => print(`\n${styleText('bold', text)}`),
    detail: (text) => print(styleText('gray', `${' '.repeat(18)}${text}`)),
    async step(who, what, work, tell) {
      const started = performance.now()
      const result = await work()
      const took = performance.now() - started
      const duration = took < 1000 ? `${took.toFixed(0)} ms` : `${(took / 1000).toFixed(1)} s`
      print(
        `${styleText('gray', since())}  ${styleText(colours[who], who.padEnd(6))}  ${what}  ${styleText('bold', duration)}`,
      )
      print(`${' '.repeat(18)}${tell(result)}`)
      return result
    },
  }
}
