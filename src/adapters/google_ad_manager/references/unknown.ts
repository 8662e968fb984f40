import { AdapterError } from '../../adapter.ts'

/** The network has nothing of that name; the buyer cannot be given it. */
export function unknown(what: string, why: string): AdapterError {
  const message = `${what} cannot be targeted: the network of this connection ${why}`
  return new AdapterError('permanent', 'unsupported_targeting', message)
}
