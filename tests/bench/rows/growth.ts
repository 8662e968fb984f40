import type { Progress } from '../../chaos/progress.ts'
import { bought, briefs } from '../buyer.ts'
import { growMediaBuys } from '../grow/media_buys.ts'
import { growProducts } from '../grow/products.ts'
import { measure, toolCall } from '../load.ts'
import type { Options } from '../options.ts'
import type { Row } from '../row.ts'
import type { Stage } from '../stage.ts'

const day = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10)
const flight = { start_date: day(14), end_date: day(28) }
const brief = (n: number) => briefs[n % briefs.length]
const reads: Record<string, (n: number) => string> = {
  'get_products by brief': (n) => toolCall('get_products', { buying_mode: 'brief', brief: brief(n) }),
  'get_products for a flight': (n) =>
    toolCall('get_products', { buying_mode: 'brief', brief: brief(n), filters: flight }),
  'get_products, the whole list': () => toolCall('get_products', { buying_mode: 'wholesale' }),
  list_authorized_properties: () => toolCall('list_authorized_properties', {}),
  list_creative_formats: () => toolCall('list_creative_formats', {}),
  get_media_buys: () => toolCall('get_media_buys', {}),
  get_media_buy_delivery: () => toolCall('get_media_buy_delivery', {}),
  tasks_list: () => toolCall('tasks_list', {}),
}

/** How each read grows with the catalogue and with what was bought: its p50 at each size, over that at the smallest. */
export async function growthRows({ db, serve }: Stage, options: Options, progress: Progress): Promise<Row[]> {
  const sizes = [1000, 10_000, 100_000, 1_000_000].filter((size) => size <= options.most)
  const ours = await serve()
  const like = await bought(ours)
  const curves = new Map(Object.keys(reads).map((name) => [name, [] as number[][]]))
  for (const size of sizes) {
    progress.say(`${size.toLocaleString('en')} products and media buys`)
    await growProducts(db, size)
    await growMediaBuys(db, like, size)
    for (const [name, body] of Object.entries(reads)) {
      progress.say(`  ${name}`)
      const load = { call: (n: number) => ({ body: body(n) }), calls: options.short ? 3 : 20, connections: 1 }
      await measure(ours, load)
      const rounds: number[] = []
      for (let round = 0; round < Math.min(3, options.rounds); round++)
        rounds.push((await measure(ours, load)).p50)
      curves.get(name)?.push(rounds)
    }
  }
  return [...curves].flatMap(([name, curve]) =>
    sizes.map((size, i) => ({
      part: 'growth',
      what: `${name}, ${size.toLocaleString('en')} products and buys: p50`,
      on: { curve: name, size },
      unit: 'ms',
      ours: curve[i] ?? [],
      theirs: curve[0] ?? [],
      against: 'at 1,000',
    })),
  )
}
