import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { newId } from '../ids.ts'
import type { ConsoleDesk } from './desk.ts'
import { Bare } from './parts/layout.tsx'

/** What went wrong, in a page: what we refuse says why, what broke gives a reference to find it by in the log. */
export function answerFault(c: Context, desk: ConsoleDesk, error: Error) {
  if (error instanceof HTTPException) {
    c.status(error.status)
    return c.html(
      <Refused title={titleOf(error.status)}>{error.message || 'Please go back and try again.'}</Refused>,
    )
  }
  const reference = newId('err')
  desk.log.error({ reference, path: c.req.path, err: error }, 'a page of the console failed')
  c.status(500)
  return c.html(
    <Refused title="Something went wrong">
      Nothing was half done. Try again; if it happens again, the reference {reference} finds it in the log.
    </Refused>,
  )
}

/** For addresses where nothing is, or nothing for whoever asks. */
export function answerNotFound(c: Context) {
  c.status(404)
  return c.html(
    <Refused title="Nothing here">
      This page does not exist, or belongs to a publisher you do not work for.
    </Refused>,
  )
}

const titleOf = (status: number) => (status === 403 ? 'Not allowed' : 'That did not work')

function Refused({ title, children }: { title: string; children?: unknown }) {
  return (
    <Bare title={title}>
      <h1>{title}</h1>
      <p>{children}</p>
      <p>
        <a href="/console">To the console</a>
      </p>
    </Bare>
  )
}
