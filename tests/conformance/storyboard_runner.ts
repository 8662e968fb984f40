import { comply, type ComplianceResult } from '@adcp/sdk/testing'
import type { Outcome } from './outcome.ts'
import type { Task } from './storyboards.ts'

// a process of its own: takes storyboards from its parent, one after the other
process.on('message', (task: Task) => {
  void examine(task).then((outcomes) => process.send?.(outcomes))
})
// the runner speaks of its own accord; what it found comes as outcomes
console.log = console.warn = console.error = () => {}

async function examine({ url, token, storyboard }: Task): Promise<Outcome[]> {
  try {
    return outcomesOf(
      storyboard,
      await comply(url, { ...options(url, token, storyboard), storyboards: [storyboard] }),
    )
  } catch (error) {
    return [{ suite: 'storyboards', check: storyboard, result: 'failed', reason: String(error) }]
  }
}

/**
 * Whom the fixtures of this storyboard buy for. The runner sends some of its steps for an account of its own making instead,
 * and an idempotency key used for another account is no conflict.
 */
const accounts: Record<string, object> = {
  idempotency: {
    account: { brand: { domain: 'acmeoutdoor.example' }, operator: 'pinnacle-agency.example' },
  },
}

function options(url: string, token: string, storyboard: string) {
  return {
    context: accounts[storyboard] ?? {},
    auth: { type: 'bearer', token } as const,
    allow_http: true,
    webhook_receiver: { mode: 'loopback_mock' } as const,
    contracts: ['webhook_receiver_runner'],
    webhook_signing: { jwks: { resolve: (kid: string) => publishedKey(url, kid) } },
    test_kit: { auth: { api_key: token, probe_task: 'list_creatives' } },
  }
}

/** The keys as a buyer finds them; the desk makes its first one when the first buyer asks for webhooks. */
async function publishedKey(url: string, kid: string) {
  const response = await fetch(new URL('/.well-known/jwks.json', url))
  const { keys } = (await response.json()) as { keys: { kid: string }[] }
  return (keys.find((key) => key.kid === kid) ?? null) as never
}

function outcomesOf(storyboard: string, { summary, tracks, failures = [] }: ComplianceResult): Outcome[] {
  const suite = 'storyboards'
  const steps = tracks.flatMap(({ scenarios }) => scenarios.flatMap(({ steps }) => steps ?? []))
  const failed = failures.map((failure): Outcome => {
    const { validation } = failure
    const found = validation && `${validation.description}; got ${JSON.stringify(validation.actual)}`
    const reason = [failure.error, found].filter(Boolean).join(' | ')
    return { suite, check: `${failure.storyboard_id}/${failure.step_id}`, result: 'failed', reason }
  })
  const skipped = steps
    .filter((step) => step.skipped)
    .map((step): Outcome => {
      const said = [step.skip_reason, ...(step.warnings ?? [])].join(': ')
      const reason = said.replace(/; agent tools: \[[^\]]*\]/, '')
      return { suite, check: `${storyboard}: ${step.step}`, result: 'skipped', reason }
    })
  // the track "security" is counted in the summary and not listed
  const unlisted = (summary.steps_skipped ?? 0) - skipped.length
  for (let i = 0; i < unlisted; i++)
    skipped.push({
      suite,
      check: `${storyboard}: a step`,
      result: 'skipped',
      reason: 'the runner does not say',
    })
  const unexplained = Math.max((summary.steps_failed ?? 0) - failed.length, 0)
  for (let i = 0; i < unexplained; i++)
    failed.push({ suite, check: storyboard, result: 'failed', reason: summary.headline })
  if (summary.total_steps === undefined)
    failed.push({ suite, check: storyboard, result: 'failed', reason: summary.headline })
  const passed = Array.from({ length: summary.steps_passed ?? 0 }, (): Outcome => ({
    suite,
    check: storyboard,
    result: 'passed',
  }))
  return [...passed, ...failed, ...skipped]
}
