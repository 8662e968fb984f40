import { z } from 'zod'
import { AdapterError } from './call.ts'

/** Settings of a connection or a product, in the form an adapter wants. @throws AdapterError('config') naming what is wrong with them. */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new AdapterError('config', 'invalid_config', `${what}: ${z.prettifyError(result.error)}`)
}

/** The key of a connection, as it can be sent in a header or an address. @throws AdapterError('config') when there is none, or when it cannot. */
export function parseApiKey(secret: string | undefined): string {
  if (secret !== undefined && /^[\x21-\x7e]+$/.test(secret)) return secret
  const state = secret ? 'holds characters an API key cannot have' : 'is missing'
  const message = `The API key of this connection ${state}`
  throw new AdapterError('config', 'invalid_secret', message)
}
