import type { Child } from 'hono/jsx'
import type { Topic } from '../live.ts'

interface LiveRegion {
  /** Unique on the page. */
  id: string
  /** Fetched anew when one of these changes, and what differs is replaced in place. */
  topics: readonly Topic[]
  /** Fetched anew every so many seconds too: for what changes without telling anybody. */
  seconds?: number
  /** Where the region is found anew: the page it stands on. */
  from: string
  children?: Child
}

/** A part of a page that follows what happens elsewhere. Without JavaScript it is just what it was when the page was opened. */
export function LiveRegion({ id, topics, seconds, from, children }: LiveRegion) {
  const events = [...topics, 'missed'].map((topic) => `${topic} from:body delay:150ms`)
  if (seconds !== undefined) events.push(`every ${seconds}s`)
  return (
    <section id={id} hx-get={from} hx-trigger={events.join(', ')} hx-select={`#${id}`} hx-swap="outerMorph">
      {children}
    </section>
  )
}
