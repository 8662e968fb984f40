import type { Child } from 'hono/jsx'

interface Field {
  name: string
  label: string
  /** What to write, in a few words. */
  hint?: string
  /** What was wrong with it. */
  problem?: string | undefined
}

/** A labelled input, with its hint and what was wrong tied to it for those who cannot see the page. */
export function TextField({ name, label, hint, problem, ...input }: Field & Record<string, unknown>) {
  return (
    <Labelled {...{ name, label, problem }} {...(hint !== undefined && { hint })}>
      <input id={name} name={name} type="text" {...tied({ name, hint, problem })} {...input} />
    </Labelled>
  )
}

/** The same over several lines. */
export function LongField({
  name,
  label,
  hint,
  problem,
  value = '',
  ...input
}: Field & { value?: string } & Record<string, unknown>) {
  return (
    <Labelled {...{ name, label, problem }} {...(hint !== undefined && { hint })}>
      <textarea id={name} name={name} rows={3} {...tied({ name, hint, problem })} {...input}>
        {value}
      </textarea>
    </Labelled>
  )
}

interface Choice {
  value: string
  label: string
}

/** One of several. */
export function SelectField({
  name,
  label,
  hint,
  problem,
  value,
  choices,
  ...input
}: Field & { value?: string; choices: readonly Choice[] } & Record<string, unknown>) {
  return (
    <Labelled {...{ name, label, problem }} {...(hint !== undefined && { hint })}>
      <select id={name} name={name} {...tied({ name, hint, problem })} {...input}>
        {choices.map((one) => (
          <option value={one.value} selected={one.value === value}>
            {one.label}
          </option>
        ))}
      </select>
    </Labelled>
  )
}

function Labelled({ name, label, hint, problem, children }: Field & { children?: Child }) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
      {hint !== undefined && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p class="problem" id={`${name}-problem`}>
          {problem}
        </p>
      )}
    </div>
  )
}

function tied({
  name,
  hint,
  problem,
}: {
  name: string
  hint: string | undefined
  problem: string | undefined
}) {
  const by = [hint !== undefined && `${name}-hint`, problem !== undefined && `${name}-problem`].filter(
    Boolean,
  )
  return {
    ...(by.length > 0 && { 'aria-describedby': by.join(' ') }),
    ...(problem !== undefined && { 'aria-invalid': 'true' }),
  }
}
