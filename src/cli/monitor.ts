import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { createDb, createPool } from '../db/database.ts'
import { readFigures } from '../monitoring/figures.ts'
import { listenForScrapes } from '../monitoring/listener.ts'
import type { Metrics } from '../monitoring/metrics.ts'
import type { SpanRecorder } from '../trace.ts'
import { createReadiness, type Readiness } from '../monitoring/readiness.ts'
import { laneOf } from '../tasks/lanes.ts'
import type { Worker } from '../worker/start.ts'
import { say, type Environment } from './environment.ts'

/** Who watches this process, and how it says that it wants to go. */
export interface Monitor {
  meter: Metrics['meter'] | undefined
  spans: SpanRecorder | undefined
  readiness: Readiness
  /** The worker this process runs. */
  working(worker: Worker): void
  /** No longer ready; resolves when whoever sends work has had the time to see it. Nobody is waited for at Ctrl-C. */
  drain(signal: NodeJS.Signals): Promise<void>
  close(): Promise<void>
}

/** Sends spans where OTEL_EXPORTER_OTLP_ENDPOINT says; most desks are not watched, and the libraries take a while to load. */
export async function openSpans({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: Config) {
  if (endpoint === undefined) return undefined
  const { createSpans } = await import('../monitoring/spans.ts')
  return createSpans()
}

/** Opens `/metrics` and the probes where METRICS_PORT says; without it nothing is counted. @throws the socket's own error. */
export async function openMonitor(
  { config, log, databaseUrl }: Environment,
  { worker: works }: { worker: boolean },
): Promise<Monitor> {
  const pool = createPool(databaseUrl, { max: 2, log, name: 'monitor', readOnly: true, queryTimeoutMs: 3000 })
  let worker: Worker | undefined
  const readiness = createReadiness(pool, () => (works ? (worker?.lives() ?? false) : undefined))
  const port = config.METRICS_PORT
  const spans = await openSpans(config)
  const { createMetrics } = port === undefined ? {} : await import('../monitoring/metrics.ts')
  const metrics = createMetrics?.(() => readFigures(createDb(pool)), laneOf)
  const listener =
    metrics &&
    port !== undefined &&
    (await listenForScrapes({ host: config.HOST, port, readiness, metrics: metrics.text, log }))
  if (listener) say(`Metrics at http://${config.HOST}:${listener.port}/metrics`)
  return {
    meter: metrics?.meter,
    spans: spans?.recorder,
    readiness,
    working: (started) => void (worker = started),
    async drain(signal) {
      readiness.drain()
      if (signal === 'SIGTERM') await pause(config.DRAIN_SECONDS * 1000)
    },
    async close() {
      if (listener) await listener.close()
      await Promise.all([spans?.close(), pool.end()])
    },
  }
}
