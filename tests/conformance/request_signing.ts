import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Outcome } from './outcome.ts'

const cli = join(dirname(createRequire(import.meta.url).resolve('@adcp/sdk/package.json')), 'bin/adcp.js')

interface Vector {
  vector_id: string
  kind: string
  passed: boolean
  skipped?: boolean
  skip_reason?: string
  diagnostic?: string
}

/** Runs AdCP's grader of signed requests against a strict mount made ready with trustGrader(). */
export async function gradeRequestSigning(url: string): Promise<Outcome[]> {
  const args = ['grade', 'request-signing', url, '--transport', 'mcp', '--allow-http', '--json']
  const policy = ['--covers-content-digest', 'either']
  // it exits with 1 when a vector fails; the report says which
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args, ...policy], {
    maxBuffer: 16 * 1024 * 1024,
  }).catch((error: { stdout?: string }) => {
    if (!error.stdout) throw error
    return { stdout: error.stdout }
  })
  const report = JSON.parse(stdout) as { positive: Vector[]; negative: Vector[] }
  return [...report.positive, ...report.negative].map((vector) => {
    const reason = vector.diagnostic ?? vector.skip_reason
    return {
      suite: 'request-signing',
      check: `${vector.kind} ${vector.vector_id}`,
      result: vector.skipped ? 'skipped' : vector.passed ? 'passed' : 'failed',
      ...(reason !== undefined && { reason }),
    }
  })
}
