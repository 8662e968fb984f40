import { collectDefaultMetrics, Registry } from 'prom-client'
import { createMeter } from './counters.ts'
import type { Figures } from './figures.ts'
import { createGauges } from './gauges.ts'
import type { Meter } from './meter.ts'
import { createPoolGauges } from './pools.ts'
import { shared } from './shared.ts'

export interface Metrics {
  meter: Meter
  /** Everything, as Prometheus reads it. Told also while the database is away. */
  text(): Promise<string>
}
/** Scrapes that come closer together are told the same figures. */
const FIGURES_KEPT_MS = 5000

/** The metrics of this process, with the figures of the desk as `read` gives them. */
export function createMetrics(read: () => Promise<Figures>, laneOf: (job: string) => string): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const show = createGauges(registry, laneOf)
  const refresh = shared(FIGURES_KEPT_MS, async () => show(await read().catch(() => undefined)))
  return {
    meter: { ...createMeter(registry), watchPool: createPoolGauges(registry) },
    async text() {
      await refresh()
      return registry.metrics()
    },
  }
}
