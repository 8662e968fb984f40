import { Counter, Histogram, type Registry } from 'prom-client'
import type { Meter } from './meter.ts'

/** From what a tool call takes at best to the deadline it is given. */
const CALL_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25]
const JOB_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

/** A meter that keeps its counts in this registry. */
export function createMeter(registry: Registry): Omit<Meter, 'watchPool'> {
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers })
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers })

  const calls = counter('salesdesk_tool_calls_total', 'Tool calls answered, by AdCP error code or ok', [
    'tool',
    'outcome',
  ])
  const callSeconds = histogram(
    'salesdesk_tool_call_seconds',
    'From a tool call to its answer',
    ['tool'],
    CALL_SECONDS,
  )
  const jobs = counter('salesdesk_jobs_total', 'Jobs ended, done or to be tried again', ['job', 'outcome'])
  const jobSeconds = histogram('salesdesk_job_seconds', 'How long a job ran', ['job'], JOB_SECONDS)
  const steps = counter(
    'salesdesk_adapter_steps_total',
    'Calls to ad servers by what came of them: of a step its outcome, of a failed call the class of the error',
    ['adapter', 'call', 'outcome'],
  )
  const stepSeconds = histogram(
    'salesdesk_adapter_call_seconds',
    'How long an ad server took to answer',
    ['adapter', 'call'],
    JOB_SECONDS,
  )
  return {
    toolCalled(tool, outcome, seconds) {
      calls.inc({ tool, outcome })
      callSeconds.observe({ tool }, seconds)
    },
    jobRan(job, outcome, seconds) {
      jobs.inc({ job, outcome })
      jobSeconds.observe({ job }, seconds)
    },
    adServerCalled({ adapter, call, outcome, seconds }) {
      steps.inc({ adapter, call, outcome })
      stepSeconds.observe({ adapter, call }, seconds)
    },
  }
}
