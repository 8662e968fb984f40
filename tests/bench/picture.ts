import { digits } from './figures.ts'
import type { Judged } from './row.ts'

/** Tones in the middle, so that all is read on white and on black, whatever the page around it chose. */
const INK = '#7b818b'
const tones = '#4a7fd0 #d9762b #3d9a5f #cf5553 #8f6fc4 #a57c3a #cf66a6 #2b97a6'.split(' ')
const WIDTH = 820
const HEIGHT = 440
const plot = { left: 76, right: 566, top: 28, bottom: 384 }
/** From one label to the next, at least. */
const LINE = 19

interface Curve {
  name: string
  points: { size: number; ms: number }[]
}
type Scale = (value: number) => number

/** The growth curves among these rows as an SVG: milliseconds over size, both logarithmic, each curve with its name at its end. */
export function growthPicture(rows: readonly Judged[]): string {
  const curves = curvesOf(rows)
  const points = curves.flatMap((curve) => curve.points)
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b)
  const ticks = ticksAround(points.map(({ ms }) => ms))
  const x = logarithmic([sizes[0] ?? 1, sizes.at(-1) ?? 1], [plot.left, plot.right])
  const y = logarithmic([ticks[0] ?? 1, ticks.at(-1) ?? 1], [plot.bottom, plot.top])
  const ends = apart(curves.map((curve) => y(curve.points.at(-1)?.ms ?? 1)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"
  font-family="system-ui, sans-serif" font-size="13" fill="${INK}">
<title>How long each read takes (p50, ms) as the catalogue and the purchases grow</title>
<text x="${plot.left - 10}" y="${plot.top - 12}" text-anchor="end">p50</text>
${ticks.map((ms) => grid(y(ms), `${digits(ms)} ms`)).join('\n')}
${sizes.map((size) => `<text x="${x(size)}" y="${plot.bottom + 22}" text-anchor="middle">${size.toLocaleString('en')}</text>`).join('\n')}
<text x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 44}" text-anchor="middle">products, and as many media buys</text>
${curves.map((curve, i) => line(curve, { x, y }, ends[i] ?? 0, tones[i % tones.length] ?? INK)).join('\n')}
</svg>
`
}

function curvesOf(rows: readonly Judged[]): Curve[] {
  const found = new Map<string, Curve['points']>()
  for (const { on, median } of rows)
    if (on) found.set(on.curve, [...(found.get(on.curve) ?? []), { size: on.size, ms: median.ours }])
  return [...found].map(([name, points]) => ({ name, points }))
}

/** 1, 3, 10, 30 … around these values. */
function ticksAround(values: readonly number[]): number[] {
  const all = [-1, 0, 1, 2, 3, 4].flatMap((power) => [10 ** power, 3 * 10 ** power])
  const below = all.findLastIndex((tick) => tick <= Math.min(...values))
  const above = all.findIndex((tick) => tick >= Math.max(...values))
  return all.slice(Math.max(0, below), above < 0 ? all.length : Math.max(above, below + 1) + 1)
}

function logarithmic([low, high]: [number, number], [from, to]: [number, number]): Scale {
  const span = Math.log(high / low) || 1
  return (value) => Math.round((from + ((to - from) * Math.log(value / low)) / span) * 10) / 10
}

/** These heights moved as little as keeps them a line apart, within the picture. */
function apart(heights: readonly number[]): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0))
  const placed = [...heights]
  let free = 0
  for (const i of order) free = (placed[i] = Math.max(placed[i] ?? 0, free)) + LINE
  let most = plot.bottom
  for (const i of order.reverse()) most = (placed[i] = Math.min(placed[i] ?? 0, most)) - LINE
  return placed
}

const grid = (height: number, label: string) =>
  `<path d="M${plot.left} ${height}H${plot.right}" stroke="${INK}" stroke-opacity="0.3"/>
<text x="${plot.left - 10}" y="${height + 4}" text-anchor="end">${label}</text>`

function line({ name, points }: Curve, { x, y }: Record<'x' | 'y', Scale>, end: number, tone: string) {
  const at = points.map(({ size, ms }) => [x(size), y(ms)] as const)
  const [lastX, lastY] = at.at(-1) ?? [plot.right, end]
  return `<g stroke="${tone}" fill="none"><path d="M${at.map((point) => point.join(' ')).join('L')}" stroke-width="2" stroke-linejoin="round"/>
<path d="M${lastX + 5} ${lastY}L${plot.right + 26} ${end}" stroke-opacity="0.5"/></g>
${at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.2" fill="${tone}"/>`).join('')}
<text x="${plot.right + 30}" y="${end + 4}" fill="${tone}" font-weight="600">${name}</text>`
}
