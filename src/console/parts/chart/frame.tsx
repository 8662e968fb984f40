import type { Child } from 'hono/jsx'
import { Table, type Column } from '../table.tsx'
import type { Scale } from './scale.ts'

interface Frame<Day> {
  title: string
  /** The gist of it, for those who cannot see the drawing. */
  said: string
  days: readonly Day[]
  scale: Scale
  currency?: string | undefined
  /** What the lines are, by their class. */
  keys?: readonly string[]
  columns: readonly Column<Day>[]
  children: Child
}

/** Title, axes and drawing, and the same figures as a table to unfold. The drawing is stretched to its room; words are not. */
export function Frame<Day extends { day: Date }>(frame: Frame<Day>) {
  const { title, said, days, scale, currency, keys, columns, children } = frame
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        {keys && <Keys keys={keys} />}
      </figcaption>
      <div class="plot">
        <div class="y" aria-hidden="true">
          {[...scale.ticks].reverse().map((tick) => (
            <span>{brief(tick, currency)}</span>
          ))}
        </div>
        <svg role="img" aria-label={`${title}. ${said}`} viewBox="0 0 100 100" preserveAspectRatio="none">
          {scale.ticks.map((tick) => (
            <line class="grid" x1={0} x2={100} y1={scale.y(tick)} y2={scale.y(tick)} />
          ))}
          {children}
        </svg>
        <div class="x" aria-hidden="true">
          {[days[0], days[Math.floor((days.length - 1) / 2)], days.at(-1)].map((one) => (
            <span>{one && short(one.day)}</span>
          ))}
        </div>
      </div>
      <details>
        <summary>As a table</summary>
        <Table label={title} columns={columns} rows={days} empty="No days." />
      </details>
    </figure>
  )
}

const Keys = ({ keys }: { keys: readonly string[] }) => (
  <span class="keys">
    {keys.map((key) => (
      <span class={`key ${key}`}>{key}</span>
    ))}
  </span>
)

/** A figure as an axis has room for: `€12.5K`. */
const brief = (amount: number, currency: string | undefined) =>
  new Intl.NumberFormat('en', {
    notation: 'compact',
    maximumFractionDigits: 2,
    ...(currency !== undefined && { style: 'currency', currency, minimumFractionDigits: 0 }),
  }).format(amount)

const short = (at: Date) =>
  at.toLocaleDateString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' })
