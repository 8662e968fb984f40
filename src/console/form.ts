import type { Context } from 'hono'

/** The text fields of a form that was sent; files are left out, and of a repeated field the last counts. */
export async function formOf(c: Context): Promise<Partial<Record<string, string>>> {
  const body = await c.req.parseBody()
  return Object.fromEntries(
    Object.entries(body).filter((field): field is [string, string] => typeof field[1] === 'string'),
  )
}

/** All values of a field that may be there several times, such as a group of boxes. */
export async function valuesOf(c: Context, name: string): Promise<string[]> {
  const { [name]: values = [] } = await c.req.parseBody({ all: true })
  return [values].flat().filter((value) => typeof value === 'string')
}
