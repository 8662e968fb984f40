import type { Child } from 'hono/jsx'

interface PageHead {
  title: Child
  /** Where the page hangs, to go back to: `Media buys`. */
  up?: { name: string; href: string }
  /** One or two links or buttons for what is done most from here. */
  actions?: Child
  /** A line on what this is or how it stands. */
  children?: Child
}

/** The top of a page: its name, a line about it, and what can be done first. */
export function PageHead({ title, up, actions, children }: PageHead) {
  return (
    <div class="page-head">
      <div>
        {up && (
          <p class="up">
            <a href={up.href}>{up.name}</a>
          </p>
        )}
        <h1>{title}</h1>
        {children !== undefined && <p class="about">{children}</p>}
      </div>
      {actions !== undefined && <div class="row actions">{actions}</div>}
    </div>
  )
}
