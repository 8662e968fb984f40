import type { SettingField, SettingProblem } from '../../../ad_server_kinds.ts'
import type { Problems } from '../../problems.ts'
import { LongField, SelectField, TextField } from '../../parts/field.tsx'

interface SettingFields {
  fields: readonly SettingField[]
  settings: Record<string, unknown>
  problems?: Problems
  /** What the ad server says a setting can be. */
  choices?: Partial<Record<string, readonly { value: string; label: string }[]>>
}
const YES_NO = [
  { value: 'false', label: 'No' },
  { value: 'true', label: 'Yes' },
]

/** Inputs for settings of a connection; those that are seldom touched are folded away. */
export function SettingFields({ fields, ...rest }: SettingFields) {
  const first = fields.filter(
    ({ required, offered, name }) => required || offered || rest.problems?.[nameOf(name)],
  )
  const others = fields.filter((field) => !first.includes(field))
  return (
    <>
      {first.map((field) => (
        <Setting {...{ field, ...rest }} />
      ))}
      {others.length > 0 && (
        <details class="more">
          <summary>More settings</summary>
          {others.map((field) => (
            <Setting {...{ field, ...rest }} />
          ))}
        </details>
      )}
    </>
  )
}

function Setting({
  field,
  settings,
  problems,
  choices,
}: Omit<SettingFields, 'fields'> & { field: SettingField }) {
  const { label, hint, fallback, required } = field
  const name = nameOf(field.name)
  const value = shown(settings[field.name])
  const common = { name, label, ...(hint !== undefined && { hint }), problem: problems?.[name] }
  const offered = choices?.[field.name] ?? []
  if (offered.length > 0) {
    const nobody = required ? [] : [{ value: '', label: 'Nobody in particular' }]
    return <SelectField {...common} value={value} choices={[...nobody, ...offered]} />
  }
  const set = value === '' ? (fallback ?? '') : value
  if (field.type === 'yes_no') return <SelectField {...common} value={set} choices={YES_NO} />
  if (field.choices)
    return (
      <SelectField
        {...common}
        value={set}
        choices={field.choices.map((one) => ({ value: one, label: one.replaceAll('_', ' ') }))}
      />
    )
  if (field.type === 'json') return <LongField {...common} value={set} spellcheck="false" />
  return (
    <TextField
      {...common}
      value={value}
      placeholder={fallback}
      required={required}
      {...(field.type === 'number' && { inputmode: 'decimal' })}
    />
  )
}

const shown = (value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)

/** The name of a setting's input; a form has others beside it. */
const nameOf = (setting: string) => `setting.${setting}`

/** What is wrong with settings, by the names of their inputs. */
export const problemsOfSettings = (problems: readonly SettingProblem[]): Problems =>
  Object.fromEntries(
    [...problems]
      .reverse()
      .map(({ setting, message }) => [setting === 'secret' ? setting : nameOf(setting), message]),
  )

/** The settings a form says: what it does not ask for stays as it is, and what is empty or goes without saying is left out. */
export function readSettings(
  fields: readonly SettingField[],
  form: Partial<Record<string, string>>,
  before: Record<string, unknown> = {},
): Record<string, unknown> {
  const settings = { ...before }
  for (const field of fields) {
    const text = form[nameOf(field.name)]?.trim()
    if (text === undefined) continue
    if (text === '' || text === field.fallback) Reflect.deleteProperty(settings, field.name)
    else settings[field.name] = typed(field, text)
  }
  return settings
}

/** As the setting's schema has it; what cannot be read so stays text, and the schema says what is wrong with it. */
function typed({ type }: SettingField, text: string): unknown {
  if (type === 'yes_no') return text === 'true'
  if (type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  if (type !== 'json') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
