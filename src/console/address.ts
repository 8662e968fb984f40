import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'

/** The address at the other end of the connection; behind a proxy that is the proxy's. */
export const addressOf = (c: Context): string => getConnInfo(c).remote.address ?? 'unknown'
