import { setTimeout as pause } from 'node:timers/promises'
import { boltLog, createApp, type Bolt } from './bolt.ts'
import type { Busy } from './busy.ts'
import type { SlackDesk } from './desk.ts'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 30_000

/**
 * Keeps a connection to Slack open over which everything comes in, until it is told to stop. Bolt's receiver opens it; opening it
 * again is ours, because what Bolt does by itself waits five seconds each time and ends the process where Slack is away.
 */
export function listenOnSocket(bolt: Bolt, desk: SlackDesk, appToken: string, busy: Busy) {
  const receiver = new bolt.SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    logger: boltLog(desk.log),
    installerOptions: { clientOptions: { slackApiUrl: desk.apiUrl, retryConfig: { retries: 0 } } },
  })
  createApp(bolt, desk, receiver, busy)
  const stopping = new AbortController()
  const stopped = () => stopping.signal.aborted
  let lose = () => {}
  receiver.client.on('disconnected', () => {
    lose()
  })
  const stay = async () => {
    for (let failures = 0; !stopped();) {
      const lost = new Promise<void>((resolve) => {
        lose = resolve
      })
      try {
        await receiver.start()
        failures = 0
        // told to stop while it was being opened
        if (stopped()) await receiver.stop()
        await lost
      } catch (error) {
        failures += 1
        desk.log.warn({ err: error, failures }, 'no connection to Slack')
      }
      const wait = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
      await pause(wait, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const stayed = stay()
  return {
    async close() {
      stopping.abort()
      await receiver.stop()
      await stayed
    },
  }
}
