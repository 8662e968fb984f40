import type { ZodError } from 'zod'

/** What is wrong with a form, by the name of the field. */
export type Problems = Partial<Record<string, string>>

/** The first thing wrong with each field. */
export function problemsOf({ issues }: ZodError): Problems {
  return Object.fromEntries([...issues].reverse().map(({ path, message }) => [path.join('.'), message]))
}
