import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'

/** Releases of AdCP whose official JSON Schemas a test may hold an answer against. */
export type Release = '2.5' | '3.0' | '3.1'

const shipped = join(
  dirname(createRequire(import.meta.url).resolve('@adcp/sdk/package.json')),
  'dist/lib/schemas-data',
)
/** @adcp/sdk ships 2.5 and 3.0; ADCP_SCHEMAS_3_1 names the folder of 3.1 (schemas/<release> of the specification's repository). */
const folders: Record<Release, string> = {
  '2.5': join(shipped, 'v2.5'),
  '3.0': join(shipped, '3.0'),
  '3.1': process.env['ADCP_SCHEMAS_3_1'] ?? join(shipped, '3.1'),
}
export const hasRelease = (release: Release): boolean => existsSync(folders[release])

/** As much of JSON Schema as AdCP uses. */
export interface JsonSchema {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  items?: JsonSchema
  minItems?: number
  maxItems?: number
  properties?: Record<string, JsonSchema | boolean>
  patternProperties?: Record<string, JsonSchema>
  required?: string[]
  oneOf?: JsonSchema[]
  anyOf?: JsonSchema[]
  allOf?: JsonSchema[]
}

interface Loaded {
  ajv: Ajv
  files: string[]
  known: Map<string, string>
}
const loaded = new Map<Release, Loaded>()

function load(release: Release): Loaded {
  const ajv = new Ajv({ strict: false, allErrors: true })
  ;(addFormats as unknown as (ajv: Ajv) => void)(ajv)
  const files = readdirSync(folders[release], { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.json') && !file.startsWith('bundled'))
    // list_creative_formats is a tool of sellers and, in another form, of creative agents: here it is the former
    .sort((a, b) => Number(b.startsWith('media-buy/')) - Number(a.startsWith('media-buy/')))
  const set = { ajv, files, known: new Map<string, string>() }
  loaded.set(release, set)
  return set
}

/** Gives Ajv one schema and those it names, and no others: that is what keeps a test file's start short. */
function add({ ajv, known }: Loaded, release: Release, file: string): string {
  const before = known.get(file)
  if (before !== undefined) return before
  const text = readFileSync(join(folders[release], file), 'utf8')
  const schema = JSON.parse(text) as { $id: string }
  known.set(file, schema.$id)
  ajv.addSchema(schema)
  const root = schema.$id.slice(0, -file.length)
  for (const [, ref = ''] of text.matchAll(/"\$ref":\s*"(\/schemas\/[^"#]*)/g))
    if (ref.startsWith(root)) add({ ajv, known } as Loaded, release, ref.slice(root.length))
  return schema.$id
}

/** The validator of one official schema, named as in the specification without `.json`; its folder may be left out. */
export function officialSchema(release: Release, name: string): ValidateFunction | undefined {
  const set = loaded.get(release) ?? load(release)
  const file = set.files.find((one) => one === `${name}.json` || one.endsWith(`/${name}.json`))
  return file === undefined ? undefined : set.ajv.getSchema(add(set, release, file))
}

/** The schema a `$ref` means, seen from the schema it stands in. */
export function resolveRef(
  release: Release,
  ref: string,
  root: JsonSchema,
): { schema: JsonSchema; root: JsonSchema } {
  const [id = '', pointer = ''] = ref.split('#')
  const document = id === '' ? root : (loaded.get(release)?.ajv.getSchema(id)?.schema as JsonSchema)
  const schema = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((one, key) => (one as Record<string, unknown>)[key], document)
  return { schema: schema as JsonSchema, root: document }
}

/** What this official schema finds wrong with a value, one readable line each. */
export function complaints(release: Release, name: string, value: unknown): string[] {
  const validate = officialSchema(release, name)
  if (!validate) return [`AdCP ${release} has no schema ${name}`]
  if (validate(value)) return []
  return (validate.errors ?? []).map((error) => `${name} of AdCP ${release}: ${readable(error, value)}`)
}

function readable({ instancePath, message, params }: ErrorObject, value: unknown): string {
  const at = instancePath
    .split('/')
    .slice(1)
    .reduce<unknown>((one, key) => (one as Record<string, unknown> | undefined)?.[key], value)
  const found = String(JSON.stringify(at)).slice(0, 120)
  return `${instancePath || '/'} ${message} ${JSON.stringify(params)}, found ${found}`
}
