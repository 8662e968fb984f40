import type { Context } from 'hono'

/** PostgreSQL keeps no text with it, and no browser sends it. */
export const withoutNul = (text: string) => text.replaceAll('\0', '')

/** The text fields of a form that was sent; files are left out, and of a repeated field the last counts. */
export async function formOf(c: Context): Promise<Partial<Record<string, string>>> {
  const body = await c.req.parseBody()
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, withoutNul(value)]] : [],
    ),
  )
}

/** All values of a field that may be there several times, such as a group of boxes. */
export async function valuesOf(c: Context, name: string): Promise<string[]> {
  const { [name]: values = [] } = await c.req.parseBody({ all: true })
  return [values].flat().flatMap((value) => (typeof value === 'string' ? withoutNul(value) : []))
}
