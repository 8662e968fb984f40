import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { startConformanceDesk } from './desk.ts'
import { count, type Outcome } from './outcome.ts'
import { runStoryboards } from './storyboards.ts'

/** The suite's fixtures begin in the middle of 2026 and are past by the end of it. */
const FIXTURE_DAY = Date.parse('2026-05-04T00:00:00Z')
const reportFile = fileURLToPath(new URL('../../.conformance/report.json', import.meta.url))

const only = process.argv.slice(2)
const offset = FIXTURE_DAY - Date.now()
const clock = {
  CONFORMANCE_CLOCK_OFFSET_MS: String(offset),
  NODE_OPTIONS: `--import ${new URL('./shifted_clock.js', import.meta.url).href}`,
}
const desk = await startConformanceDesk(clock)
let outcomes: Outcome[] = []
try {
  outcomes = await runStoryboards(desk, clock, only)
} finally {
  await desk.stop()
}
await report(outcomes)

async function report(all: Outcome[]) {
  for (const { result, suite, check, reason } of all)
    if (result !== 'passed') process.stdout.write(`${result}  ${suite}  ${check}: ${reason ?? ''}\n`)
  await mkdir(new URL('.', `file://${reportFile}`), { recursive: true })
  await writeFile(reportFile, JSON.stringify({ outcomes: all, log: desk.log() }, null, 2))
  process.stdout.write(`Report: ${reportFile}\n`)
  const [passed, failed, skipped] = [count(all, 'passed'), count(all, 'failed'), count(all, 'skipped')]
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}
