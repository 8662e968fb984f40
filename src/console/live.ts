import pg from 'pg'
import type { Log } from '../log.ts'

/** What pages can follow; sql/0046 says which tables tell of it. */
export type Topic = 'approvals' | 'media_buys' | 'creatives' | 'ad_servers' | 'activity'
export type Listener = (topic: Topic | 'missed' | 'closed') => void

/** What PostgreSQL tells of changes, passed on to the pages that are open. */
export interface Live {
  /** Returns how to stop. `missed` means that anything may have changed, `closed` that nothing more comes. */
  listen(tenant_id: string, listener: Listener): () => void
  close(): Promise<void>
}

const CHANNEL = 'salesdesk_console'
const RETRY_MS = 2000

/** Listens on one connection of its own, for every page of this process, from the first page on. */
export function createLive(connectionString: string, log: Log): Live {
  const listeners = new Map<string, Set<Listener>>()
  let client: pg.Client | undefined
  let retry: NodeJS.Timeout | undefined
  let closed = false

  async function connect() {
    const mine = new pg.Client({ connectionString, application_name: 'salesdesk console', keepAlive: true })
    client = mine
    mine.on('error', (error) => lost(mine, error))
    mine.on('end', () => lost(mine))
    mine.on('notification', ({ payload = '' }) => {
      const [tenant_id = '', topic] = payload.split(' ')
      for (const listener of listeners.get(tenant_id) ?? []) listener(topic as Topic)
    })
    try {
      await mine.connect()
      await mine.query(`listen ${CHANNEL}`)
      for (const all of listeners.values()) for (const listener of all) listener('missed')
    } catch (error) {
      lost(mine, error as Error)
    }
  }

  function lost(which: pg.Client, error?: Error) {
    if (client !== which || closed) return
    client = undefined
    if (error) log.warn({ reason: error.message }, 'pages of the console are not told of changes for now')
    which.end().catch(() => {})
    retry = setTimeout(() => void connect(), RETRY_MS).unref()
  }

  return {
    listen(tenant_id, listener) {
      const all = listeners.get(tenant_id) ?? new Set()
      listeners.set(tenant_id, all.add(listener))
      if (!client && !retry) void connect()
      return () => void all.delete(listener)
    },
    async close() {
      closed = true
      clearTimeout(retry)
      for (const all of listeners.values()) for (const listener of all) listener('closed')
      await client?.end().catch(() => {})
    },
  }
}
