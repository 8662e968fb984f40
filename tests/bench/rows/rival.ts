import { aBuy, briefs } from '../buyer.ts'
import { perSecond } from '../clients.ts'
import { growProducts } from '../grow/products.ts'
import type { Progress } from '../../chaos/progress.ts'
import type { Options } from '../options.ts'
import { account, aRivalBuy, startRival } from '../rival/start.ts'
import { inTurn } from '../rounds.ts'
import type { Row } from '../row.ts'
import type { Stage } from '../stage.ts'

const CLIENTS = 8

/** Ours, durable, against the SDK's own seller, in memory, through the same MCP client. */
export async function rivalRows(stage: Stage, options: Options, progress: Progress): Promise<Row[]> {
  await growProducts(stage.db, 60)
  const [ours, rival] = [await stage.serve(), await startRival(stage.world)]
  let n = 0
  const brief = () => briefs[n++ % briefs.length] ?? ''
  const key = () => `bench-${process.pid}-${String(++n).padStart(10, '0')}`
  return [
    await compare('get_products', 600, {
      ours: () => ({ buying_mode: 'brief', brief: brief() }),
      theirs: () => ({ buying_mode: 'brief', brief: brief(), ...account }),
    }),
    await compare('create_media_buy', 200, { ours: aBuy, theirs: () => aRivalBuy(key()) }),
  ]

  async function compare(
    name: string,
    many: number,
    asked: Record<'ours' | 'theirs', () => Record<string, unknown>>,
  ): Promise<Row> {
    progress.say(`${name} against ${rival.name}`)
    const calls = options.short ? 20 : many
    const run = (side: 'ours' | 'theirs') =>
      perSecond(side === 'ours' ? ours : rival, CLIENTS, calls, () => ({ name, arguments: asked[side]() }))
    for (const side of ['ours', 'theirs'] as const) await run(side)
    const measured = await inTurn(
      options.rounds,
      () => run('ours'),
      () => run('theirs'),
    )
    return {
      part: 'rival',
      what: `${name}: calls by ${CLIENTS} clients`,
      unit: 'per second',
      ...measured,
      against: rival.name,
      goal: { at_least: 3 },
    }
  }
}
