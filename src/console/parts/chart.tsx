import { Frame } from './chart/frame.tsx'
import { scaleOf } from './chart/scale.ts'
import { count, day as inFull, money } from './figures.tsx'

interface Chart<Day> {
  /** What it shows, in words: `Booked in EUR, last 30 days`. */
  title: string
  /** Every day from the first to the last, in order; days without anything too. */
  days: readonly Day[]
  /** What the figures are: an amount in this currency; a count where it is left out. */
  currency?: string | undefined
}

export interface AmountOfDay {
  day: Date
  amount: number
}

/** An amount for each day, as bars. Nothing here is below zero. */
export function BarChart({ title, days, currency }: Chart<AmountOfDay>) {
  const say = sayer(currency)
  const scale = scaleOf(days.map(({ amount }) => amount))
  const wide = WIDTH / Math.max(days.length, 1)
  return (
    <Frame
      {...{ title, days, scale, currency }}
      said={`${days.length} days, ${say(days.reduce((sum, { amount }) => sum + amount, 0))} in all.`}
      columns={[
        { label: 'Day', cell: ({ day }) => inFull(day) },
        { label: 'Amount', number: true, cell: ({ amount }) => say(amount) },
      ]}
    >
      {days.map(({ day, amount }, i) => (
        <g>
          <title>{`${inFull(day)}: ${say(amount)}`}</title>
          <Hit {...{ i, wide }} />
          <rect
            class="bar"
            x={round((i + 0.1) * wide)}
            y={scale.y(amount)}
            width={round(wide * 0.8)}
            height={round(HEIGHT - scale.y(amount))}
          />
        </g>
      ))}
    </Frame>
  )
}

export interface PaceOfDay {
  day: Date
  /** What was to be delivered from the first day up to the end of this one. */
  planned: number
  /** What was; null from the day on of which nothing is known yet. */
  delivered: number | null
}

/** What was delivered, as an area, against what was planned, as a line; both add up from the first day. */
export function PaceChart({ title, days, currency }: Chart<PaceOfDay>) {
  const say = sayer(currency)
  const known = days.flatMap(({ delivered }) => delivered ?? [])
  const scale = scaleOf([...known, ...days.map(({ planned }) => planned)])
  const wide = WIDTH / Math.max(days.length, 1)
  const points = (amounts: readonly number[]) =>
    ['0,100', ...amounts.map((amount, i) => `${round((i + 1) * wide)},${scale.y(amount)}`)].join(' ')
  const last = days.findLast(({ delivered }) => delivered !== null)
  const told = (delivered: number | null, unknown: string) => (delivered === null ? unknown : say(delivered))
  return (
    <Frame
      {...{ title, days, scale, currency }}
      keys={['delivered', 'planned']}
      said={
        last
          ? `By ${inFull(last.day)} ${say(last.delivered ?? 0)} of ${say(last.planned)} planned.`
          : 'Nothing is known yet.'
      }
      columns={[
        { label: 'By the end of', cell: ({ day }) => inFull(day) },
        { label: 'Planned', number: true, cell: ({ planned }) => say(planned) },
        { label: 'Delivered', number: true, cell: ({ delivered }) => told(delivered, '–') },
      ]}
    >
      <polygon class="area" points={`${points(known)} ${round(known.length * wide)},100`} />
      <polyline class="delivered" points={points(known)} />
      <polyline class="planned" points={points(days.map(({ planned }) => planned))} />
      {days.map(({ day, planned, delivered }, i) => (
        <g>
          <title>{`${inFull(day)}: ${told(delivered, 'not known yet')} of ${say(planned)} planned`}</title>
          <Hit {...{ i, wide }} />
        </g>
      ))}
    </Frame>
  )
}

/** A drawing is a hundred wide and high, and is stretched to its room. */
const WIDTH = 100
const HEIGHT = 100

/** The whole height of a day, so that pointing at it tells its figures. */
const Hit = ({ i, wide }: { i: number; wide: number }) => (
  <rect class="hit" x={round(i * wide)} y={0} width={round(wide)} height={HEIGHT} />
)

const round = (n: number) => Math.round(n * 1000) / 1000
const sayer = (currency: string | undefined) => (amount: number) =>
  currency === undefined ? count(amount) : money(amount, currency)
