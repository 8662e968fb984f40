import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'

/** More than any form of a page has; what takes files has a limit of its own, behind the sign-in. */
const MOST_BYTES = 512 * 1024
const TAKES_FILES = /^\/console\/[^/]+\/products\/import$/

/** Turns away bodies of more bytes, unread, and those that do not say how long they are, as every browser does. */
export const bodyOfAtMost = (bytes: number, message: string) =>
  createMiddleware(async (c, next) => {
    const unsaid = c.req.header('transfer-encoding') !== undefined
    if (!unsaid && Number(c.req.header('content-length') ?? 0) <= bytes) return next()
    // what comes of it is not read
    c.header('connection', 'close')
    throw new HTTPException(unsaid ? 411 : 413, { message: unsaid ? 'Say how long it is.' : message })
  })

const form = bodyOfAtMost(MOST_BYTES, 'That is more than a form of ours holds.')

/** Turns away what no browser sends from a page of ours: bodies without end, and characters PostgreSQL keeps in no text. */
export const onlyReadable = createMiddleware(async (c, next) => {
  if (c.req.url.includes('%00')) throw new HTTPException(400, { message: 'There is no such address.' })
  return TAKES_FILES.test(c.req.path) ? next() : form(c, next)
})
