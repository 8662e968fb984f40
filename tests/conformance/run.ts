import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startConformanceDesk, type ConformanceDesk } from './desk.ts'
import { fuzz } from './fuzz.ts'
import { runMcpScenarios } from './mcp.ts'
import { count, type Outcome } from './outcome.ts'
import { gradeRequestSigning } from './request_signing.ts'
import { runStoryboards } from './storyboards.ts'

/** The suite's fixtures begin in the middle of 2026 and are past by the end of it. */
const FIXTURE_DAY = Date.parse('2026-05-04T00:00:00Z')
const reportFile = fileURLToPath(new URL('../../.conformance/report.json', import.meta.url))

// every process begun from here lives on that day
process.env['CONFORMANCE_CLOCK_OFFSET_MS'] = String(FIXTURE_DAY - Date.now())
process.env['NODE_OPTIONS'] = `--import ${new URL('./shifted_clock.js', import.meta.url).href}`

const desk = await startConformanceDesk()
try {
  await report(await examine(desk, process.argv.slice(2)))
} finally {
  await desk.stop()
}

/** Everything, or only the storyboards named on the command line. */
async function examine(desk: ConformanceDesk, only: readonly string[]): Promise<Outcome[]> {
  const storyboards = await runStoryboards(desk, only)
  if (only.length > 0) return storyboards
  await desk.trustGrader()
  const signing = await gradeRequestSigning(`${desk.url}/mcp-strict`)
  const mcp = await runMcpScenarios(desk.url, await desk.freshToken('mcp'))
  return [...storyboards, ...signing, ...(await fuzz(desk)), ...mcp]
}

async function report(all: Outcome[]) {
  for (const { result, suite, check, reason } of all)
    if (result !== 'passed') process.stdout.write(`${result}  ${suite}  ${check}: ${reason ?? ''}\n`)
  await mkdir(dirname(reportFile), { recursive: true })
  await writeFile(reportFile, JSON.stringify({ outcomes: all, log: desk.log() }, null, 2))
  process.stdout.write(`Report: ${reportFile}\n`)
  const [passed, failed, skipped] = [count(all, 'passed'), count(all, 'failed'), count(all, 'skipped')]
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}
