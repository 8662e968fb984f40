import type { Child } from 'hono/jsx'
import type { Visit } from '../desk.ts'
import { placeOf } from './layout.tsx'

interface Place {
  visit: Visit
  /** The room it is in: `media_buys`. */
  room: string
  /** What of it, below the room: `/mb_1`. */
  rest?: string
  children: Child
}

/** A link to where something is seen to, or its words alone where the console has no such room. */
export function Place({ visit, room, rest = '', children }: Place) {
  const href = placeOf(visit, room, rest)
  return href === undefined ? <>{children}</> : <a href={href}>{children}</a>
}
