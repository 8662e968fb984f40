import { connectBuyer } from '../support/desk.ts'
import { adcp } from './adcp_cli.ts'
import type { ConformanceDesk } from './desk.ts'
import type { Outcome } from './outcome.ts'

interface Report {
  seed: number
  perTool: Record<
    string,
    { runs: number; accepted: number; rejected: number; skipped?: boolean; skipReason?: string }
  >
  failures: { tool: string; verdict?: string; invariantFailures?: string[]; seed?: number }[]
}

/** AdCP's fuzzer over every tool it knows and this desk has: two buyers, one of which asks for what belongs to the other. */
export async function fuzz(desk: ConformanceDesk): Promise<Outcome[]> {
  const url = `${desk.url}/mcp`
  const [one, other] = [await desk.freshToken('fuzz_one'), await desk.freshToken('fuzz_other')]
  const buyer = await connectBuyer(url, one)
  const { tools } = await buyer.client.listTools()
  await buyer.client.close()
  const here = ['tasks_list', 'tasks_get', ...tools.map(({ name }) => name)]
  const known = (await adcp('fuzz', '--list-tools')).split('\n').map((line) => line.split(' ')[0] ?? '')
  const fuzzed = known.filter((name) => here.includes(name))
  const tokens = ['--auth-token', one, '--auth-token-cross-tenant', other]
  const seeds = ['--auto-seed', '--seed-brand', 'acmeoutdoor.example']
  const report = JSON.parse(
    await adcp('fuzz', url, '--format', 'json', '--tools', fuzzed.join(','), ...tokens, ...seeds),
  ) as Report
  const failed = report.failures.map((failure): Outcome => {
    const reason = `seed ${report.seed}: ${JSON.stringify(failure)}`
    return { suite: 'fuzz', check: failure.tool, result: 'failed', reason }
  })
  const unharmed = fuzzed.filter((tool) => !failed.some(({ check }) => check === tool))
  return [...failed, ...unharmed.map((tool) => outcomeOf(tool, report))]
}

function outcomeOf(tool: string, { perTool }: Report): Outcome {
  const { skipped, skipReason = 'nothing to call it with' } = perTool[tool] ?? { skipped: true }
  const what = { suite: 'fuzz', check: tool }
  return skipped ? { ...what, result: 'skipped', reason: skipReason } : { ...what, result: 'passed' }
}
