import type { Child } from 'hono/jsx'

interface Check {
  name: string
  value?: string
  checked: boolean
  children: Child
}

/** A box to tick, with what it means. */
export function Check({ name, value = 'yes', checked, children }: Check) {
  return (
    <label class="box">
      <input type="checkbox" name={name} value={value} checked={checked} />
      <span>{children}</span>
    </label>
  )
}
