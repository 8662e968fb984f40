import { digits, median } from './figures.ts'

/** One promise of the desk, measured beside something to hold it against, in the same run. */
export interface Row {
  part: string
  /** What is measured: `get_products, 60 products: CPU per call`. */
  what: string
  unit: string
  /** One figure for each round. */
  ours: readonly number[]
  /** What `against` measured in the same rounds; empty where a figure stands for itself. */
  theirs: readonly number[]
  against: string
  /** Where it stands on a curve. */
  on?: { curve: string; size: number }
  /** What the ratio of ours to theirs must be, or our own figure where there is no rival. */
  goal?: { at_most?: number; at_least?: number }
}

export interface Judged extends Row {
  /** Ours over theirs in each round. */
  ratios: readonly number[]
  median: { ours: number; theirs: number; ratio: number }
  spread: { low: number; high: number }
  met: boolean | undefined
}

/** Medians and spread of a row, and whether its goal is met. */
export function judge(row: Row): Judged {
  const alone = row.theirs.length === 0
  const ratios = alone ? row.ours : row.ours.map((value, i) => value / (row.theirs[i] ?? Number.NaN))
  const ratio = median(ratios)
  const { at_most = Infinity, at_least = -Infinity } = row.goal ?? {}
  return {
    ...row,
    ratios: alone ? [] : ratios,
    median: { ours: median(row.ours), theirs: median(row.theirs), ratio: alone ? Number.NaN : ratio },
    spread: { low: Math.min(...ratios), high: Math.max(...ratios) },
    met: row.goal && ratio <= at_most && ratio >= at_least,
  }
}

const heads = ['', 'ours', 'against', '', 'ratio', 'spread', 'goal']

/** The rows as a table for people, also good as Markdown. */
export function table(rows: readonly Judged[]): string {
  const cells = rows.map((row) => [
    `${row.what} (${row.unit})`,
    digits(row.median.ours),
    row.against,
    row.theirs.length > 0 ? digits(row.median.theirs) : '',
    row.theirs.length > 0 ? digits(row.median.ratio) : '',
    `${digits(row.spread.low)}–${digits(row.spread.high)}`,
    goalOf(row),
  ])
  const all = [heads, ...cells]
  const widths = heads.map((_, column) => Math.max(3, ...all.map((line) => line[column]?.length ?? 0)))
  const line = (one: readonly string[]) =>
    `| ${one.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n')
}

function goalOf({ goal, met }: Judged): string {
  if (!goal) return ''
  const said = [
    goal.at_least !== undefined && `≥ ${goal.at_least}`,
    goal.at_most !== undefined && `≤ ${goal.at_most}`,
  ]
  return `${said.filter(Boolean).join(', ')}: ${met ? 'met' : 'MISSED'}`
}
