import type { Document, LineCounter } from 'yaml'
import { isMap, isNode, isScalar } from 'yaml'
import type { z } from 'zod'

export type Path = readonly PropertyKey[]
export interface Problem {
  path: Path
  message: string
}
interface LocatedProblem extends Problem {
  line?: number | undefined
}

/** A publisher file that cannot be used. The message names the file and all problems, one a line. */
export class PublisherFileError extends Error {
  override name = 'PublisherFileError'
  readonly problems: readonly LocatedProblem[]
  constructor(file: string, problems: readonly LocatedProblem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    super([`${file} has ${count}:`, ...problems.map(describe)].join('\n'))
    this.problems = problems
  }
}

function describe({ line, path, message }: LocatedProblem): string {
  return ['  ', line && `line ${line}: `, path.length > 0 && `${spellPath(path)} `, message]
    .filter(Boolean)
    .join('')
}

/** `products[3].pricing_options[0].currency` */
export function spellPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text ? `${text}.${String(part)}` : String(part)
  }, '')
}

/** zod's issues in the words of a person who writes the file; one problem for each unknown key. */
export function problemsOf(issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: wording(issue) }]
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: issue.message }))
  })
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return `is missing (${issue.expected})`
  if (issue.code === 'invalid_type') return `must be ${nouns[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_value') return oneOf(issue.values)
  if ('options' in issue) return oneOf(issue.options)
  if (issue.code === 'too_small') return tooSmall(issue)
  if (issue.code === 'too_big') return tooBig(issue)
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1)
}

const nouns: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a list of names and values',
}

function tooSmall({ origin, minimum, inclusive }: z.core.$ZodIssueTooSmall): string {
  if (origin === 'array') return `needs at least ${minimum} of them`
  if (origin === 'string') return minimum === 1 ? 'is empty' : `needs at least ${minimum} characters`
  return inclusive ? `must be ${minimum} or more` : `must be more than ${minimum}`
}

function tooBig({ origin, maximum, inclusive }: z.core.$ZodIssueTooBig): string {
  if (origin === 'array') return `has more than ${maximum} of them`
  if (origin === 'string') return `has more than ${maximum} characters`
  return inclusive ? `must be ${maximum} or less` : `must be less than ${maximum}`
}

function oneOf(values: readonly z.core.util.Primitive[]): string {
  return `must be ${values.length > 1 ? 'one of ' : ''}${values.map(String).join(', ')}`
}

/** The line where the key or item at `path` begins, or the nearest thing around it that is there. */
export function lineOf(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = keyAt(document, path.slice(0, length)) ?? document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return undefined
}

function keyAt(document: Document, path: Path): unknown {
  const around = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(around)) return undefined
  return around.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))?.key
}

/** The problem of a name that leads nowhere. */
export function unknown(path: Path, id: string, list: string): Problem {
  return { path, message: `names "${id}", which is not among ${list}. Correct it, or add it there` }
}
