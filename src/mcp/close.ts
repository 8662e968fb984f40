import { setTimeout as pause } from 'node:timers/promises'
import type { Server, ServerResponse } from 'node:http'

/** Answers what has been asked, then hangs up on everybody: an open connection on which nothing is asked would be waited for a minute. */
export async function close(
  server: Server,
  endless: { close(): Promise<void> }[],
  answering: Set<ServerResponse>,
  patienceMs: number,
) {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await Promise.all(endless.map((one) => one.close()))
  const answered = [...answering].map((response) => new Promise((resolve) => response.once('close', resolve)))
  await Promise.race([Promise.all(answered), pause(patienceMs, undefined, { ref: false })])
  server.closeAllConnections()
  await closed
}
