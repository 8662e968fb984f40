import type { Message } from './block.ts'
import { actions, escaped, header, lines, link, oneLine, table } from './words.ts'

export interface FailedSync {
  connection_id: string
  connection: string
  kind: string
  code: string
  message: string
}

/** Tells that an ad server could not be read; it is tried again by itself. */
export function syncFailedMessage(failed: FailedSync, console: string | undefined): Message {
  const { connection, connection_id, kind, code, message } = failed
  const what = oneLine(`${kind.replaceAll('_', ' ')} of ${oneLine(connection, 100)}`, 150)
  return {
    text: `An ad server could not be read: ${escaped(what)}`,
    blocks: [
      header('An ad server could not be read'),
      ...table([
        ['Ad server', connection],
        ['What', kind.replaceAll('_', ' ')],
      ]),
      lines(
        `${code}: ${message}`,
        'It is tried again by itself; you are told again only if it fails anew after it worked.',
      ),
      ...(console === undefined
        ? []
        : [
            actions(
              link('Open in the console', `${console}/ad_servers/${encodeURIComponent(connection_id)}`),
            ),
          ]),
    ],
  }
}
