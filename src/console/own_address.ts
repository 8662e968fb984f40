import type { Context } from 'hono'
import type { ConsoleDesk } from './desk.ts'

/** Where the desk is reached, without a final slash: as it was configured, or else as this browser addressed it. */
export const ownAddress = (c: Context, { publicUrl }: ConsoleDesk): string =>
  publicUrl ?? new URL(c.req.url).origin
