import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { ConsoleDesk } from './desk.ts'

/** Where a request comes from, also through a proxy that may say so. */
export const addressOf = (c: Context, desk: ConsoleDesk): string =>
  desk.addressOf((c.env as HttpBindings).incoming)
