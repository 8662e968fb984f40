import type { Child } from 'hono/jsx'

interface Search {
  /** The address of the list it narrows. */
  action: string
  /** What was looked for. */
  q?: string | undefined
  /** What one can look for: `Name, brand or id`. */
  label: string
  /** Further fields beside it, such as a status to choose. */
  children?: Child
}

/** Narrows a list; the address of the page says what was looked for, so it can be kept and shared. */
export function Search({ action, q, label, children }: Search) {
  return (
    <form class="search" role="search" method="get" action={action}>
      <div class="field">
        <label for="q">{label}</label>
        <input id="q" name="q" type="search" value={q ?? ''} />
      </div>
      {children}
      <button>Search</button>
    </form>
  )
}

/** A choice that narrows a list; the first one, with an empty value, is everything. */
export function Filter({
  name,
  label,
  value,
  all,
  choices,
}: {
  name: string
  label: string
  value: string | undefined
  all: string
  choices: readonly { value: string; label: string }[]
}) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select id={name} name={name}>
        {[{ value: '', label: all }, ...choices].map((one) => (
          <option value={one.value} selected={one.value === (value ?? '')}>
            {one.label}
          </option>
        ))}
      </select>
    </div>
  )
}
