import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { groupBy } from './group_by.ts'
import { describe } from './matrix/matrix.ts'
import type { Outcome } from './matrix/trial.ts'
import type { Options } from './options.ts'

const file = fileURLToPath(new URL('../../.chaos/report.json', import.meta.url))
/** A killed worker's job runs again within this. */
const TAKEOVER_MS = 5000

/** Prints what came of it all and writes it down; true if all is well. */
export async function report(options: Options, outcomes: readonly Outcome[]): Promise<boolean> {
  const lines = [...table(outcomes), '']
  const missed = outcomes.filter(({ injected }) => !injected)
  for (const { trial } of missed) lines.push(`never came: ${describe(trial)}`)
  for (const { trial, wrong } of outcomes)
    for (const { kind, media_buy_id, what } of wrong)
      lines.push(`${kind}: ${media_buy_id}, ${what} (${describe(trial)})`)
  const takeover = Math.max(0, ...outcomes.map(({ takeover_ms = 0 }) => takeover_ms))
  lines.push(`longest takeover ${(takeover / 1000).toFixed(1)} s`)
  const wrong = outcomes.flatMap((one) => one.wrong)
  const of = (kind: string) => wrong.filter((one) => one.kind === kind).length
  lines.push(
    `${outcomes.length - missed.length} injected faults, ${of('lost')} lost, ${of('duplicated')} duplicated, ${of('stuck')} stuck`,
  )
  process.stdout.write(`\n${lines.join('\n')}\n`)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify({ ...options, outcomes }, null, 2))
  return wrong.length === 0 && missed.length === 0 && takeover < TAKEOVER_MS
}

/** Runs and longest recovery for each ad server and fault. */
function table(outcomes: readonly Outcome[]): string[] {
  const rows = groupBy(outcomes, ({ trial: { scenario, fault } }) =>
    [scenario.connection_id.padEnd(6), scenario.name.padEnd(23), fault.padEnd(24)].join(''),
  )
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, all]) => {
      const longest = Math.max(...all.map(({ recovery_ms }) => recovery_ms))
      return `${name}${String(all.length).padStart(4)} runs  longest recovery ${(longest / 1000).toFixed(1)} s`
    })
}
