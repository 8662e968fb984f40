import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Encrypts what must be kept but not be read in the database. `about` names the row: in another one it does not open. */
export interface Seal {
  close(plain: string, about: string): Buffer
  /** @throws SealError */
  open(sealed: Buffer, about: string): string
}

/** Something sealed cannot be opened with this key, or was moved or changed. */
export class SealError extends Error {
  override name = 'SealError'
}

const FORMAT = 1
const KEY = 32
const IV = 12
const TAG = 16

/** A seal under 32 bytes in base64: AES-256-GCM, as one byte of format, the nonce, the tag and the cipher text. @throws SealError */
export function createSeal(keyInBase64: string): Seal {
  const key = Buffer.from(keyInBase64, 'base64')
  if (key.length !== KEY)
    throw new SealError(
      `The encryption key has ${key.length} bytes instead of ${KEY}. See SALESDESK_ENCRYPTION_KEY in .env.example, or the file encryption-key in SALESDESK_DATA_DIR.`,
    )
  return {
    close(plain, about) {
      const iv = randomBytes(IV)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(about))
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(FORMAT), iv, cipher.getAuthTag(), text])
    },
    open(sealed, about) {
      try {
        if (sealed[0] !== FORMAT) throw new Error('unknown format')
        const iv = sealed.subarray(1, 1 + IV)
        const tag = sealed.subarray(1 + IV, 1 + IV + TAG)
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG })
        decipher.setAAD(Buffer.from(about)).setAuthTag(tag)
        return decipher.update(sealed.subarray(1 + IV + TAG), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        throw new SealError(
          `What is kept for ${about} does not open. Set SALESDESK_ENCRYPTION_KEY to the key it was kept under.`,
        )
      }
    },
  }
}
