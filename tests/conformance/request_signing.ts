import { adcp } from './adcp_cli.ts'
import type { Outcome } from './outcome.ts'

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
  const report = JSON.parse(await adcp(...args, ...policy)) as { positive: Vector[]; negative: Vector[] }
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
