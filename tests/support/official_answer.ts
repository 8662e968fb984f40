import { isDeepStrictEqual } from 'node:util'
import { tools } from '../../src/tools/index.ts'
import type { Tool } from '../../src/tools/define-tool.ts'
import { complaints, hasRelease, officialSchema, type Release } from './adcp_schemas.ts'

type Json = Record<string, unknown>
interface Answer {
  isError?: unknown
  structuredContent?: unknown
  content?: unknown
  [other: string]: unknown
}

const MOST_LINES = 12

/** @throws Error that names each rule of AdCP which an answer to a tool call breaks. Every door of the tests comes by here. */
export function mustBeOfficial(tool: unknown, args: unknown, answer: Answer): void {
  const body = answer.structuredContent as Json | undefined
  const wrong = [
    ...layerProblems(answer, body),
    ...(body ? (answer.isError ? errorProblems(tool, args, body) : successProblems(tool, args, body)) : []),
  ]
  if (wrong.length > 0) throw new Error(`${String(tool)} gave an answer AdCP does not allow:${listed(wrong)}`)
}

/** @throws Error that names what AdCP does not allow in a webhook. */
export function mustBeOfficialWebhook(body: Json): void {
  const result = body['result'] as Json | undefined
  if (body['task_type'] === 'media_buy_delivery') return mustBeOfficialReport(body)
  const ofTool = `${kebab(String(body['task_type']))}-response`
  const wrong = [
    ...complaints('3.0', 'core/mcp-webhook-payload', body),
    // the schema of the payload takes any object for a result
    ...(result && 'media_buy_id' in result && hasRelease(releaseOf(result))
      ? complaints(releaseOf(result), ofTool, result)
      : []),
  ]
  if (wrong.length > 0) throw new Error(`A webhook AdCP does not allow:${listed(wrong)}`)
}

/** A delivery report is a task of its own from 3.1; until then its body is what get_media_buy_delivery answers. */
function mustBeOfficialReport(body: Json): void {
  const wrong =
    'reporting_period' in body
      ? complaints('3.0', 'get-media-buy-delivery-response', body)
      : hasRelease('3.1')
        ? [
            ...complaints('3.1', 'core/mcp-webhook-payload', body),
            ...complaints('3.1', 'media-buy-delivery-webhook-result', body['result']),
          ]
        : complaints('3.0', 'get-media-buy-delivery-response', body['result'])
  if (wrong.length > 0) throw new Error(`A delivery report AdCP does not allow:${listed(wrong)}`)
}

const listed = (lines: string[]) => `\n  ${lines.slice(0, MOST_LINES).join('\n  ')}`

/** The body is in structuredContent and, for hosts that only know text, as JSON in the first text. */
function layerProblems({ content }: Answer, body: Json | undefined): string[] {
  if (!body) return ['no structuredContent']
  const [first] = (content ?? []) as { text?: string }[]
  return isDeepStrictEqual(JSON.parse(first?.text ?? 'null'), body)
    ? []
    : ['the first text is not the JSON of structuredContent']
}

/** A refusal says why in both layers, `adcp_error` and `errors`, and each error is one of AdCP's. */
function errorProblems(tool: unknown, args: unknown, body: Json): string[] {
  const { adcp_error, errors, status } = body
  if (!adcp_error || !Array.isArray(errors) || errors.length === 0)
    return ['a refusal without adcp_error and errors']
  const release = asked(args) === '3.1' && hasRelease('3.1') ? '3.1' : '3.0'
  return [
    ...(status === 'failed' ? [] : [`status of a refusal is ${String(status)}`]),
    ...(isDeepStrictEqual(errors[0], adcp_error) ? [] : ['adcp_error is not the first of errors']),
    ...errors.flatMap((error) => complaints(release, 'core/error', error)),
    ...(hasErrorArm(release, tool) ? complaints(release, responseOf(tool), body) : []),
  ]
}

function successProblems(tool: unknown, args: unknown, body: Json): string[] {
  const name = responseOf(tool)
  const { status, adcp_version } = body
  const release = asked(args)
  const told = release === 'unstated' ? undefined : release
  const versioned = adcp_version === told ? [] : [`adcp_version is ${String(adcp_version)}, not ${told}`]
  const enveloped = typeof status === 'string' ? versioned : [...versioned, 'no status']
  const releases = releasesOf(release).filter((one) => hasRelease(one))
  // comply_test_controller has a schema from 3.1, list_authorized_properties has its last one in 2.5
  const known = releases.filter((one) => officialSchema(one, name))
  const judges: Release[] =
    known.length > 0 || name !== 'list-authorized-properties-response' ? known : ['2.5']
  const found = judges.flatMap((one) =>
    complaints(one, name, one === '3.1' && release === 'unstated' ? withTaskStatus(body) : body),
  )
  return [...enveloped, ...found.filter((line) => !leftOutOnRequest(args, line))]
}

/** The schema of a product requires more than `fields` promises to send (get-products-request: "product_id, name"). */
const leftOutOnRequest = (args: unknown, line: string) =>
  (args as Json)['fields'] !== undefined &&
  /: \/products\/\d+ must (have required property|match a schema in anyOf)/.test(line)

/**
 * An answer without a release satisfies 3.0 and 3.1, but for this: 3.1 still allows 3.0's top-level status of the media buy next to
 * media_buy_status, if they are equal, and its envelope at the same time only a task's status there. A 3.0 buyer needs the former.
 */
function withTaskStatus(body: Json): Json {
  const { status, media_buy_status } = body
  return media_buy_status !== undefined && status === media_buy_status
    ? { ...body, status: 'completed' }
    : body
}

const releasesOf = (release: ReturnType<typeof asked>): Release[] =>
  release === 'unstated' ? ['3.0', '3.1'] : [release]

function asked(args: unknown): '3.0' | '3.1' | 'unstated' {
  const version = (args as Json | null | undefined)?.['adcp_version']
  if (typeof version !== 'string') return 'unstated'
  return version.startsWith('3.0') ? '3.0' : '3.1'
}

/** What an answer without its request is of: from 3.1 the top-level status is the task's. */
const releaseOf = ({ status, media_buy_status }: Json): Release =>
  status !== media_buy_status ? '3.1' : '3.0'

function hasErrorArm(release: Release, tool: unknown): boolean {
  const schema = officialSchema(release, responseOf(tool))?.schema as
    { oneOf?: { required?: string[] }[] } | undefined
  return schema?.oneOf?.some(({ required }) => required?.includes('errors')) ?? false
}

const kebab = (name: string) => name.replaceAll(/[_/]/g, '-')

/** Aliases answer as the tool they stand for. */
function responseOf(name: unknown): string {
  const tool = (tools as readonly Tool[]).find(
    (one) => one.name === name || one.aliases?.includes(String(name)),
  )
  return `${kebab(tool?.name ?? String(name))}-response`
}
