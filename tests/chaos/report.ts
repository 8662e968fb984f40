import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { groupBy } from './group_by.ts'
import { describe } from './matrix/matrix.ts'
import type { Outcome } from './matrix/trial.ts'
import type { Options } from './options.ts'
import type { Wrong } from './reconcile.ts'
import type { StormReport } from './storm/storm.ts'

const file = fileURLToPath(new URL('../../.chaos/report.json', import.meta.url))
/** A killed worker's job runs again within this. */
const LONGEST_TAKEOVER_MS = 5000

/** Prints what came of it all and writes it down; true if all is well. */
export async function report(
  options: Options,
  trials: readonly Outcome[],
  storm: StormReport | undefined,
): Promise<boolean> {
  const inStorm = storm?.wrong ?? []
  const wrong = [...trials.flatMap((one) => one.wrong), ...inStorm]
  const missed = trials.filter(({ injected }) => !injected)
  const takeover = Math.max(0, ...trials.map(({ takeover_ms = 0 }) => takeover_ms))
  const injected = trials.length - missed.length + sum(Object.values(storm?.injected ?? {}))
  const well = wrong.length === 0 && missed.length === 0 && takeover < LONGEST_TAKEOVER_MS
  const lines = [
    '',
    ...table(trials),
    '',
    ...(storm ? [...tellStorm(storm), ''] : []),
    ...trials.flatMap(({ trial, wrong: ofTrial }) =>
      ofTrial.map((one) => `${tell(one)} (${describe(trial)})`),
    ),
    ...inStorm.map((one) => `${tell(one)} (storm)`),
    ...missed.map(({ trial }) => `never came: ${describe(trial)}`),
    `longest takeover ${seconds(takeover)}, ${seconds(LONGEST_TAKEOVER_MS)} at most`,
    ...(well
      ? []
      : [`to see it again: npm run chaos -- --seed ${options.seed}${options.short ? ' --short' : ''}`]),
    `${injected} injected faults, ${count(wrong, 'lost')} lost, ${count(wrong, 'duplicated')} duplicated, ${count(wrong, 'stuck')} stuck`,
  ]
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify({ ...options, well, takeover_ms: takeover, trials, storm }, null, 2))
  process.stdout.write(`${lines.join('\n')}\n`)
  return well
}

/** Runs and longest recovery for each ad server, scenario and fault. */
function table(trials: readonly Outcome[]): string[] {
  const rows = groupBy(trials, ({ trial: { scenario, fault } }) =>
    [scenario.connection_id.padEnd(6), scenario.name.padEnd(23), fault.padEnd(25)].join(''),
  )
  const told = [...rows].map(([name, all]) => {
    const longest = Math.max(...all.map(({ recovery_ms }) => recovery_ms))
    return `${name}${String(all.length).padStart(4)}  ${seconds(longest).padStart(16)}`
  })
  const head = `${'server'.padEnd(6)}${'  order'.padEnd(23)}${'  fault'.padEnd(25)}runs  longest recovery`
  return [head, ...told.sort()]
}

function tellStorm({ buys, retries, endings, injected, recovery_ms }: StormReport): string[] {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, times]) => `${times} ${name}`)
      .join(', ')
  return [
    `storm  ${buys} buyers at once, who had to call again ${retries} times: ${list(endings)}`,
    `       ${list(injected)}`,
    `       at rest ${seconds(recovery_ms)} after the last of it`,
  ]
}

const tell = ({ kind, media_buy_id, what }: Wrong) => `${kind}: ${media_buy_id}, ${what}`
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
const count = (wrong: readonly Wrong[], kind: Wrong['kind']) =>
  wrong.filter((one) => one.kind === kind).length
