import { Gauge, type Registry } from 'prom-client'
import type pg from 'pg'

/** Shows how busy pools are, at each scrape; returns what adds one. */
export function createPoolGauges(registry: Registry): (name: string, pool: pg.Pool) => void {
  const pools = new Map<string, pg.Pool>()
  const registers = [registry]
  new Gauge({
    name: 'salesdesk_database_connections',
    help: 'Open connections of a pool of this process, busy or idle, and max: how many there may be',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const [pool, { totalCount, idleCount, options }] of pools) {
        this.set({ pool, state: 'busy' }, totalCount - idleCount)
        this.set({ pool, state: 'idle' }, idleCount)
        this.set({ pool, state: 'max' }, options.max)
      }
    },
  })
  new Gauge({
    name: 'salesdesk_database_waiting',
    help: 'Queries that wait for a connection of a pool of this process',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, { waitingCount }] of pools) this.set({ pool }, waitingCount)
    },
  })
  return (name, pool) => void pools.set(name, pool)
}
