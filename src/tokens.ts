import { createHash, randomBytes } from 'node:crypto'

/** A new secret of 256 random bits for whoever holds it; the prefix tells people what it is. */
export const newToken = (prefix: string): string => `${prefix}${randomBytes(32).toString('base64url')}`

/** What we keep of a token. SHA-256 is enough: tokens are 256 random bits, not passwords. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()
