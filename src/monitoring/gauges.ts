import { Gauge, type Registry } from 'prom-client'
import type { Figures } from './figures.ts'

type Value = [labels: Record<string, string>, value: number]
interface Shown {
  name: string
  help: string
  labels?: string[]
  values(figures: Figures, laneOf: (job: string) => string): Value[]
}
const alone = (value: number): Value[] => [[{}, value]]
const states = ['waiting', 'later', 'running', 'given_up'] as const

/** Labels are words of ours (lanes, states, kinds of ad servers), so that there are few series however many publishers and buyers there are. */
const shown: Shown[] = [
  {
    name: 'salesdesk_queue_jobs',
    help: 'Jobs by lane: waiting are due, later are not, running are worked on, given_up failed for good',
    labels: ['lane', 'state'],
    values: ({ queue }, laneOf) =>
      queue.flatMap((jobs) => states.map((state): Value => [{ lane: laneOf(jobs.job), state }, jobs[state]])),
  },
  {
    name: 'salesdesk_queue_oldest_seconds',
    help: 'For how long the oldest jobs that wait have been due, by job',
    labels: ['lane', 'job'],
    values: ({ queue }, laneOf) => queue.map(({ job, oldest }) => [{ lane: laneOf(job), job }, oldest]),
  },
  {
    name: 'salesdesk_workers',
    help: 'Worker processes seen in the last 20 seconds',
    values: ({ workers }) => alone(workers),
  },
  {
    name: 'salesdesk_sync_age_seconds',
    help: 'Age of the oldest reading of an ad server that everybody reads from',
    labels: ['adapter', 'kind'],
    values: ({ syncs }) => syncs.map(({ adapter, kind, age }) => [{ adapter, kind }, age]),
  },
  {
    name: 'salesdesk_syncs_late',
    help: 'Readings older than twice the time between two of them',
    labels: ['adapter', 'kind'],
    values: ({ syncs }) => syncs.map(({ adapter, kind, late }) => [{ adapter, kind }, late]),
  },
  {
    name: 'salesdesk_connections',
    help: 'Connections to ad servers',
    labels: ['adapter'],
    values: ({ connections }) => connections.map(({ adapter, all }) => [{ adapter }, all]),
  },
  {
    name: 'salesdesk_breakers_open',
    help: 'Connections that are left alone because their calls failed',
    labels: ['adapter'],
    values: ({ connections }) => connections.map(({ adapter, out_of_order: open }) => [{ adapter }, open]),
  },
  {
    name: 'salesdesk_webhooks',
    help: 'Webhooks no buyer has taken, pending or dead',
    labels: ['state'],
    values: ({ webhooks: { pending, dead } }) => [
      [{ state: 'pending' }, pending],
      [{ state: 'dead' }, dead],
    ],
  },
  {
    name: 'salesdesk_webhook_oldest_seconds',
    help: 'Age of the oldest webhook that is still pending',
    values: ({ webhooks }) => alone(webhooks.oldest),
  },
  {
    name: 'salesdesk_webhook_lag_seconds',
    help: 'For how long the next attempt of a webhook has been due and was not made',
    values: ({ webhooks }) => alone(webhooks.overdue),
  },
  {
    name: 'salesdesk_approvals_waiting',
    help: 'Purchases and changes a person must decide about',
    values: ({ people }) => alone(people.approvals),
  },
  {
    name: 'salesdesk_approval_oldest_seconds',
    help: 'For how long the oldest of them has waited',
    values: ({ people }) => alone(people.oldest_approval),
  },
  {
    name: 'salesdesk_orders_needing_a_person',
    help: 'Orders that cannot go on without a person',
    values: ({ people }) => alone(people.orders),
  },
]

/** Shows figures in this registry. Where there are none, because the database is away, nothing is shown, least of all what was so before. */
export function createGauges(
  registry: Registry,
  laneOf: (job: string) => string,
): (figures: Figures | undefined) => void {
  const registers = [registry]
  const up = new Gauge({
    name: 'salesdesk_database_up',
    help: 'Whether the database answers this process',
    registers,
  })
  const gauges = shown.map(({ name, help, labels = [], values }) => {
    return {
      gauge: new Gauge({ name, help, labelNames: labels, registers }),
      labelled: labels.length > 0,
      values,
    }
  })
  return (figures) => {
    up.set(figures ? 1 : 0)
    for (const { gauge, labelled, values } of gauges) {
      if (labelled) gauge.reset()
      else gauge.remove()
      for (const [labels, value] of figures ? values(figures, laneOf) : []) gauge.inc(labels, value)
    }
  }
}
