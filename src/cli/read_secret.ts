import { readFile } from 'node:fs/promises'

/** No secret was kept or forgotten; the message says why and what to do, and nothing of the secret. */
export class SecretError extends Error {
  override name = 'SecretError'
}

const LONGEST_BYTES = 65_536

/** A secret from a file or from stdin, without the line break an editor or echo puts behind it. @throws SecretError */
export async function readSecret(file: string | undefined): Promise<string> {
  if (file === undefined && process.stdin.isTTY)
    throw new SecretError(
      'What is typed here would show on the screen. Pipe the secret in, or name a file: salesdesk secret set <connection_id> <file>',
    )
  const bytes = file === undefined ? await readStdin() : await readFile(file).catch(unreadable)
  if (bytes.length > LONGEST_BYTES) throw new SecretError(`A secret of ${bytes.length} bytes is too long.`)
  const text = asText(bytes).replace(/\r?\n$/, '')
  if (text === '') throw new SecretError('There is no secret in it.')
  return text
}

async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    // no need to hear the rest of what is refused
    if ((size += chunk.length) > LONGEST_BYTES) break
  }
  return Buffer.concat(chunks)
}

function unreadable(error: unknown): never {
  throw new SecretError(`The file cannot be read (${(error as NodeJS.ErrnoException).code}).`)
}

function asText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SecretError('It is no text in UTF-8.')
  }
}
