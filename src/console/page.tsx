import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import type { Child } from 'hono/jsx'
import { deleteCookie, setCookie } from 'hono/cookie'
import type { VisitEnv } from './desk.ts'
import { Layout, type Room } from './parts/layout.tsx'

export interface PageOptions {
  /** What the browser's tab shows. */
  title: string
  /** Which entry of the navigation is lit. */
  room: Room
  /** 200 unless given; 422 where a form comes back with what is wrong in it. */
  status?: 200 | 422
}

/** A page inside the console's frame, with what the last action had to say on top. */
export async function page(c: Context<VisitEnv>, { title, room, status = 200 }: PageOptions, body: Child) {
  const said = getCookie(c, SAID)
  if (said !== undefined) deleteCookie(c, SAID, { path: '/console' })
  const visit = c.get('visit')
  return c.html(
    <Layout visit={visit} title={title} room={room} said={said}>
      {body}
    </Layout>,
    status,
  )
}

const SAID = 'said'

/** Ends an action: the browser goes on to a page, which tells the person what was done. */
export function done(c: Context, to: string, said: string) {
  setCookie(c, SAID, said.slice(0, 500), { path: '/console', httpOnly: true, sameSite: 'Lax', maxAge: 60 })
  return c.redirect(to, 303)
}
