import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** OWASP's scrypt setting for 32 MiB: N=2^15, r=8, p=3. */
const COST = { N: 32_768, r: 8, p: 3 }
const MEMORY_BYTES = 64 * 1024 * 1024
const LENGTH = 32
export const LEAST_PASSWORD_LENGTH = 12
export const MOST_PASSWORD_LENGTH = 200

/** A password as it may be kept: scrypt with its cost and salt beside it. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), hash.toString('base64')].join('$')
}

/** Whether this is the password. Takes as long where nothing is kept, so that nobody learns who has one. */
export async function isPassword(password: string, kept: string | null): Promise<boolean> {
  const [, N, r, p, salt, hash] = (kept ?? NOBODYS).split('$')
  const expected = Buffer.from(hash ?? '', 'base64')
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const found = await derive(password, Buffer.from(salt ?? '', 'base64'), cost)
  return timingSafeEqual(found, expected) && kept !== null
}

const NOBODYS = ['scrypt', COST.N, COST.r, COST.p, '', Buffer.alloc(LENGTH).toString('base64')].join('$')

let before: Promise<unknown> = Promise.resolve()

/** One at a time: scrypt works on the threads that looking up a host and reading a file need too, and must leave some to others. */
function derive(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  const mine = before.then(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        scrypt(password.normalize('NFKC'), salt, LENGTH, { ...cost, maxmem: MEMORY_BYTES }, (error, key) =>
          error ? reject(error) : resolve(key),
        )
      }),
  )
  before = mine.catch(() => {})
  return mine
}
