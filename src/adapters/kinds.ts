import { z } from 'zod'
import type { AdServerKind, SettingField } from '../ad_server_kinds.ts'
import { AdapterError, type Setup } from './adapter.ts'

/** What JSON Schema says of one setting, as far as a form cares. */
const Said = z.object({
  type: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.string()).optional(),
  anyOf: z.array(z.object({ type: z.string().optional() })).optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
})

/** A kind of ad server as people meet it, from what its adapter says of itself. */
export function describeKind(kind: string, setup: Setup): AdServerKind {
  const { name, about, secret, settings, network, offered, sells } = setup
  const { properties = {}, required = [] } = z.toJSONSchema(settings, { io: 'input' })
  const fields = Object.entries(properties).map(([field, said]) =>
    fieldOf(field, Said.parse(said), {
      required: required.includes(field),
      offered: offered.includes(field),
      fixed: field === network,
    }),
  )
  return {
    kind,
    name,
    about,
    secret: secret && { label: secret.label, hint: secret.hint, file: secret.file },
    fields,
    problemsOf: (given) =>
      (settings.safeParse(given).error?.issues ?? [])
        .map(({ path, message }) => ({ setting: String(path[0] ?? ''), message }))
        .filter(({ setting }) => !(offered.includes(setting) && given[setting] === undefined)),
    secretProblem: (given) => problemOf(() => secret?.parse(given)),
    sells,
  }
}

function fieldOf(
  name: string,
  said: z.infer<typeof Said>,
  { required, offered, fixed }: Pick<SettingField, 'required' | 'offered' | 'fixed'>,
): SettingField {
  const { description: hint, default: fallback } = said
  const words = name.replaceAll('_', ' ')
  return {
    name,
    label: words.charAt(0).toUpperCase() + words.slice(1),
    ...(hint !== undefined && { hint }),
    ...kindOfInput(said),
    ...(fallback !== undefined &&
      fallback !== null && {
        fallback: typeof fallback === 'string' ? fallback : JSON.stringify(fallback),
      }),
    required,
    address: said.format === 'uri',
    offered,
    fixed,
  }
}

function kindOfInput({
  type,
  enum: choices,
  anyOf,
}: z.infer<typeof Said>): Pick<SettingField, 'type' | 'choices'> {
  if (choices) return { type: 'choice', choices }
  const types = [type, ...(anyOf ?? []).map((one) => one.type)]
  if (types.includes('boolean')) return { type: 'yes_no' }
  if (types.includes('integer') || types.includes('number')) return { type: 'number' }
  return { type: types.includes('string') ? 'text' : 'json' }
}

function problemOf(parse: () => unknown): string | undefined {
  try {
    parse()
    return undefined
  } catch (error) {
    if (error instanceof AdapterError) return error.message
    throw error
  }
}
