import type { z } from 'zod'
import { quoted, readable } from './quoted.ts'

/** More than anybody repairs in one go. */
const MOST_NAMES = 20

/** What zod says of a value, in its own words; names nobody gives a field are the sender's, and quoted. */
export function issueWords(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return readable(issue.message, 1000)
  const names = issue.keys.slice(0, MOST_NAMES).map((name) => quoted(name, 64))
  return `Unrecognized ${names.length === 1 ? 'key' : 'keys'}: ${names.join(', ')}`
}
