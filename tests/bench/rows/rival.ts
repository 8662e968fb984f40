import { aBuy, briefs } from '../buyer.ts'
import { perSecond } from '../clients.ts'
import { growProducts } from '../grow/products.ts'
import type { Progress } from '../../chaos/progress.ts'
import type { Options } from '../options.ts'
import { account, aRivalBuy, inItsSandbox, startRival } from '../rival/start.ts'
import { inTurn } from '../rounds.ts'
import type { Row } from '../row.ts'
import { settle, type Stage } from '../stage.ts'

const CLIENTS = 8

/**
 * Ours, durable, against the SDK's own seller, in memory, through the same MCP client. It answers a purchase with a task and buys
 * afterwards, or, in its sandbox, with the media buy, once its ad server has approved; ours is always bought when it is answered.
 */
export async function rivalRows(stage: Stage, options: Options, progress: Progress): Promise<Row[]> {
  await growProducts(stage.db, 60)
  const [ours, rival] = [await stage.serve(), await startRival(stage.world)]
  let n = 0
  const brief = () => briefs[n++ % briefs.length] ?? ''
  const key = () => `bench-${process.pid}-${String(++n).padStart(10, '0')}`
  return [
    await compare('get_products', '', 600, {
      ours: () => ({ buying_mode: 'brief', brief: brief() }),
      theirs: () => ({ buying_mode: 'brief', brief: brief(), ...account }),
    }),
    await compare('get_products', ', both answered with one product', 600, {
      ours: () => ({ buying_mode: 'brief', brief: brief(), pagination: { max_results: 1 } }),
      theirs: () => ({ buying_mode: 'brief', brief: brief(), ...account }),
    }),
    await compare('create_media_buy', ', theirs answered with a task', 400, {
      ours: aBuy,
      theirs: () => aRivalBuy(key()),
    }),
    await compare('create_media_buy', ', both answered with the media buy', 400, {
      ours: aBuy,
      theirs: () => ({ ...aRivalBuy(key()), ...inItsSandbox }),
    }),
  ]

  async function compare(
    name: string,
    how: string,
    many: number,
    asked: Record<'ours' | 'theirs', () => Record<string, unknown>>,
  ): Promise<Row> {
    progress.say(`${name}${how} against ${rival.name}`)
    const calls = options.short ? 20 : many
    const run = (side: 'ours' | 'theirs') =>
      perSecond(side === 'ours' ? ours : rival, CLIENTS, calls, () => ({ name, arguments: asked[side]() }))
    for (const side of ['ours', 'theirs'] as const) await run(side)
    await settle(stage)
    const measured = await inTurn(
      options.rounds,
      () => run('ours'),
      () => run('theirs'),
    )
    return {
      part: 'rival',
      what: `${name}${how}: calls by ${CLIENTS} clients`,
      unit: 'per second',
      ...measured,
      against: rival.name,
      goal: { at_least: 3 },
    }
  }
}
