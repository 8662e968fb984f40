import { describe, expect, test } from 'vitest'
import { AdcpError, type Issue } from '../../src/adcp/error.ts'
import { coerce } from '../../src/mcp/coerce.ts'
import { completeSchema } from '../../src/mcp/input_schema.ts'
import { parseInput } from '../../src/mcp/parse_input.ts'
import type { Tool } from '../../src/tools/define-tool.ts'
import { tools } from '../../src/tools/index.ts'
import { hasRelease, officialSchema, type Release } from '../support/adcp_schemas.ts'
import { requestOf, seeded, smallest, spoil, type Json } from '../support/official_requests.ts'
import { excuse, type Disagreement } from './official_requests/exceptions.ts'

/** Requests per tool. More of them, and others: SCHEMA_RUNS=20000 SCHEMA_SEED=$RANDOM. */
const runs = Number(process.env['SCHEMA_RUNS'] ?? 500)
const seed = Number(process.env['SCHEMA_SEED'] ?? 20270401)

/** What refuses a request, if anything does: where, by which keyword, in which words. */
type Verdict = Omit<Issue, 'message'> & { message: string }

/** The same way a call takes, up to the business checks. */
function judgeOf(tool: Tool): (request: Json) => Verdict | undefined {
  const schema = { ...completeSchema(tool.input), type: 'object' }
  return (request) => {
    try {
      parseInput(tool, coerce(request, schema))
      return undefined
    } catch (error) {
      if (error instanceof AdcpError && error.problems[0].issues?.[0]) return error.problems[0].issues[0]
      throw error
    }
  }
}

function officialVerdict(release: Release, name: string, request: Json): Verdict | undefined {
  const validate = officialSchema(release, name)
  if (validate === undefined || validate(request)) return undefined
  const { instancePath = '', keyword = '', message = '' } = validate.errors?.[0] ?? {}
  return { pointer: instancePath, keyword, message }
}

const releasesOf = (name: string): Release[] =>
  (['2.5', '3.0', '3.1'] as const).filter((one) => hasRelease(one) && officialSchema(one, name)).slice(-2)

/** A request that states no release may be of any; where they disagree we may follow either, but what 3.1 takes we take. */
function disagreementOf(tool: Tool): (request: Json) => Disagreement | undefined {
  const name = `${tool.name.replaceAll('_', '-')}-request`
  const judge = judgeOf(tool)
  const releases = releasesOf(name)
  return (request) => {
    const stated = (request as Record<string, Json>)['adcp_version']
    const asked = releases.filter((release) => stated === undefined || release === stated)
    const verdicts = asked.map((release) => officialVerdict(release, name, request))
    const ours = judge(request)
    const theirs = verdicts.at(-1)
    if (ours && verdicts.length > 0 && verdicts.every((one) => !one))
      return { tool: tool.name, we: 'refuse', ...ours, request }
    if (!ours && theirs && verdicts.every(Boolean))
      return { tool: tool.name, we: 'accept', ...theirs, request }
    if (ours && asked.includes('3.1') && !verdicts.at(-1))
      return { tool: tool.name, we: 'refuse', ...ours, request }
    return undefined
  }
}

function* requestsOf(tool: Tool): Generator<Json> {
  const name = `${tool.name.replaceAll('_', '-')}-request`
  const releases = releasesOf(name)
  const random = seeded(seed)
  for (let run = 0; run < runs; run++) {
    const release = releases[run % releases.length] as Release
    let request = requestOf(release, name, random)
    for (let faults = Math.floor(random() * 3); faults > 0; faults--) request = spoil(request, random)
    const { adcp_version: _, adcp_major_version: __, ...rest } = request as Record<string, Json>
    yield { ...rest, ...(random() < 0.5 && release !== '2.5' && { adcp_version: release }) }
  }
}

describe.each(tools.map((tool: Tool) => ({ name: tool.name, tool })))('$name', ({ tool }) => {
  test(
    'takes and refuses the requests that AdCP’s own schema takes and refuses',
    () => {
      const disagree = disagreementOf(tool)
      const found = new Map<string, string>()
      let taken = 0
      for (const request of requestsOf(tool)) {
        const first = disagree(request)
        if (!first) taken++
        if (!first || excuse(first)) continue
        const least = smallest(request, (one) => {
          const still = disagree(one)
          return still?.we === first.we && still.pointer === first.pointer && !excuse(still)
        })
        const { we, pointer, keyword, message } = disagree(least) as Disagreement
        const where = pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*')
        found.set(`we ${we} ${where} (${keyword}: ${message})`, JSON.stringify(least).slice(0, 400))
      }
      expect(Object.fromEntries([...found].sort())).toEqual({})
      expect(taken).toBeGreaterThan(runs / 4)
    },
    30_000 + runs * 20,
  )
})
