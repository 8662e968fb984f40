import { Writable } from 'node:stream'
import pino from 'pino'
import type { Log } from '../../src/log.ts'

export type Line = Record<string, unknown> & { msg: string }

/** A log that keeps every line of every level, and hides nothing: what should stay secret must not even be handed to it. */
export function listeningLog(): { log: Log; text(): string; lines(): Line[]; forget(): void } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  return {
    log: pino({ level: 'trace', base: null }, stream),
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line),
    forget: () => void (text = ''),
  }
}
