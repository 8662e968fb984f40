import { inspect } from 'node:util'
import { expect } from 'vitest'
import { AdapterError } from '../../../src/adapters/adapter.ts'

/** The AdapterError a call ends with. */
export async function rejection(promise: Promise<unknown>): Promise<AdapterError> {
  const outcome = await promise.catch((error: unknown) => error)
  if (outcome instanceof AdapterError) return outcome
  throw new Error(`expected an AdapterError, got ${inspect(outcome)}`)
}

/** The AdapterError a function throws. */
export function thrown(run: () => unknown): AdapterError {
  try {
    run()
  } catch (error) {
    if (error instanceof AdapterError) return error
    throw error
  }
  throw new Error('expected an AdapterError, nothing was thrown')
}

/** Everything that could end up in a log or a column, searched for a secret. */
export function expectNoSecret(error: Error, secret: string): void {
  const all = [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: 9, showHidden: true }),
  ]
  expect(all.join('\n')).not.toContain(secret)
  expect(all.join('\n')).not.toMatch(/authorization/i)
  expect(error.cause).toBeUndefined()
}
