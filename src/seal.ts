import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Encrypts what must be kept but not be read in the database. `about` names the row: in another one it does not open. */
export interface Seal {
  close(plain: string, about: string): Buffer
  /** @throws SealError */
  open(sealed: Buffer, about: string): string
  /** How whatever a key of ours closed begins; the first is how everything closed from now on does. */
  readonly marks: readonly [Buffer, ...Buffer[]]
}

/** Something sealed cannot be opened with the keys there are, or was moved or changed. */
export class SealError extends Error {
  override name = 'SealError'
}

/** Today's format names the key; the one before it did not, so that all are tried. */
const FORMAT = 2
const NAMELESS_FORMAT = 1
export const MARK_LENGTH = 5
const KEY = 32
const IV = 12
const TAG = 16

/**
 * A seal under 32 bytes in base64: AES-256-GCM, as one byte of format, four that name the key, the nonce, the tag and the cipher
 * text. What one of the other keys closed opens too. @throws SealError
 */
export function createSeal(keyInBase64: string, others: readonly string[] = []): Seal {
  const first = keyOf(keyInBase64)
  const keys = [first, ...others.map(keyOf)]
  return {
    marks: [first.mark, ...keys.slice(1).map(({ mark }) => mark)],
    close(plain, about) {
      const iv = randomBytes(IV)
      const cipher = createCipheriv('aes-256-gcm', first.key, iv).setAAD(Buffer.from(about))
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([first.mark, iv, cipher.getAuthTag(), text])
    },
    open(sealed, about) {
      const start = sealed[0] === NAMELESS_FORMAT ? 1 : MARK_LENGTH
      for (const { key, mark } of keys) {
        if (start === MARK_LENGTH && !mark.equals(sealed.subarray(0, MARK_LENGTH))) continue
        const plain = decipher(key, sealed.subarray(start), about)
        if (plain !== undefined) return plain
      }
      throw new SealError(
        `What is kept for ${about} does not open. Set SALESDESK_ENCRYPTION_KEY to the key it was kept under, or name that one in SALESDESK_DECRYPTION_KEYS.`,
      )
    },
  }
}

function keyOf(inBase64: string): { key: Buffer; mark: Buffer } {
  const key = Buffer.from(inBase64, 'base64')
  if (key.length !== KEY)
    throw new SealError(
      `The encryption key has ${key.length} bytes instead of ${KEY}. See SALESDESK_ENCRYPTION_KEY in .env.example, or the file encryption-key in SALESDESK_DATA_DIR.`,
    )
  const name = createHash('sha256')
    .update(key)
    .digest()
    .subarray(0, MARK_LENGTH - 1)
  return { key, mark: Buffer.concat([Buffer.of(FORMAT), name]) }
}

function decipher(key: Buffer, sealed: Buffer, about: string): string | undefined {
  try {
    const [iv, tag] = [sealed.subarray(0, IV), sealed.subarray(IV, IV + TAG)]
    const opening = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG })
    opening.setAAD(Buffer.from(about)).setAuthTag(tag)
    return opening.update(sealed.subarray(IV + TAG), undefined, 'utf8') + opening.final('utf8')
  } catch {
    return undefined
  }
}
