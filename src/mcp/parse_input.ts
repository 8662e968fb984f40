import type { z } from 'zod'
import { AdcpError, type Issue } from '../adcp/error.ts'
import { issueWords } from '../adcp/issue_words.ts'
import type { Tool } from '../tools/define-tool.ts'
import { fieldOf, pointerOf } from './field.ts'

/** More than anybody repairs in one go; a request of 10,000 bad packages must not get a megabyte back. */
const MOST_ISSUES = 20

/** The arguments as the tool wants them. @throws AdcpError INVALID_REQUEST naming every field that is wrong. */
export function parseInput(tool: Tool, args: unknown): Record<string, unknown> {
  const parsed = tool.input.safeParse(args)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, MOST_ISSUES).map(toIssue)
  const [first] = parsed.error.issues
  const field = first ? fieldOf(first.path) : ''
  const more = parsed.error.issues.length - 1
  throw new AdcpError({
    code: 'INVALID_REQUEST',
    message: `${field ? `${field}: ` : ''}${first ? issueWords(first) : 'Invalid arguments'}${more > 0 ? ` (and ${more} more, see issues)` : ''}`,
    ...(field && { field }),
    suggestion: `Correct the fields listed in issues; tools/list has the schema of ${tool.name}.`,
    issues,
  })
}

function toIssue(issue: z.core.$ZodIssue): Issue {
  return {
    pointer: pointerOf(issue.path),
    message: issueWords(issue),
    keyword: keywords[issue.code] ?? 'type',
  }
}

/** The JSON Schema keyword that says what zod says. */
const keywords: Partial<Record<z.core.$ZodIssue['code'], string>> = {
  invalid_type: 'type',
  too_small: 'minimum',
  too_big: 'maximum',
  invalid_format: 'format',
  invalid_value: 'enum',
  invalid_union: 'anyOf',
  unrecognized_keys: 'additionalProperties',
  custom: 'not',
}
