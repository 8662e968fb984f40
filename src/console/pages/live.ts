import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { ConsoleDesk, VisitEnv } from '../desk.ts'
import type { Topic } from '../live.ts'

/** Often enough that no proxy closes the stream for silence. */
const HEARTBEAT_MS = 20_000

/** What changes for a publisher, as server-sent events: their names are topics, for the regions of a page to follow. */
export function liveUpdates(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().get('/', (c) =>
    streamSSE(c, async (stream) => {
      const waiting = new Set<Topic | 'missed'>()
      let wake: () => void = () => {}
      const state = { closed: false }
      // a browser that comes back may have missed anything
      if (c.req.header('last-event-id') !== undefined) waiting.add('missed')
      const stop = desk.live.listen(c.get('visit').tenant_id, (topic) => {
        if (topic === 'closed') state.closed = true
        else waiting.add(topic)
        wake()
      })
      stream.onAbort(() => wake())
      try {
        await stream.writeSSE({ event: 'hello', data: '', id: '1' })
        while (!stream.aborted && !state.closed) {
          const [topic] = waiting
          if (topic) {
            waiting.delete(topic)
            await stream.writeSSE({ event: topic, data: '' })
            continue
          }
          const quiet = await new Promise<boolean>((resolve) => {
            const timer = setTimeout(() => resolve(true), HEARTBEAT_MS)
            wake = () => {
              clearTimeout(timer)
              resolve(false)
            }
          })
          if (quiet) await stream.write(': still here\n\n')
        }
      } finally {
        stop()
      }
    }),
  )
}
