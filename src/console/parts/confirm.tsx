import type { Child } from 'hono/jsx'

interface Confirm {
  /** Where the form is sent. */
  action: string
  /** What is done, on both buttons: `Cancel the buy`. */
  verb: string
  /** What it means and whether it can be undone, with any fields it needs. */
  children: Child
}

/** An action that asks once more before it is done, without a script. */
export function Confirm({ action, verb, children }: Confirm) {
  return (
    <details class="confirm">
      <summary class="button danger">{verb}…</summary>
      <form class="card" method="post" action={action}>
        {children}
        <button class="danger">{verb}</button>
      </form>
    </details>
  )
}
