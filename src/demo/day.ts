import type { Db } from '../db/database.ts'
import type { Buyer } from './buyer.ts'
import { oneOrderStands, placed, purchase, tellBought, tellPlacement, type Bought } from './orders.ts'
import { DemoError, type DeskProcess } from './processes.ts'
import { countOrders, workerPlacing } from './stage.ts'
import type { Timeline } from './timeline.ts'
import { until } from './wait.ts'

export interface Day {
  buyer: Buyer
  db: Db
  timeline: Timeline
  workers: DeskProcess[]
  startWorker(): Promise<DeskProcess>
  /** Runs `salesdesk approve`. */
  approve(id: string): Promise<string>
  /** Runs `salesdesk sync` for the ad server. */
  sync(): Promise<string>
}
/** Step 1: who is this, what may it sell, in which formats? */
export async function lookAround({ buyer, timeline }: Day) {
  timeline.heading('1  An agent looks around')
  await timeline.step(
    'agent',
    'tools/list',
    () => buyer.listTools(),
    (names) => names.join(', '),
  )
  await timeline.step(
    'agent',
    'get_adcp_capabilities',
    () => buyer.call<{ adcp: { supported_versions: string[] } }>('get_adcp_capabilities'),
    ({ adcp }) => `AdCP ${adcp.supported_versions.join(' and ')}`,
  )
  await timeline.step(
    'agent',
    'list_authorized_properties',
    () => buyer.call<{ publisher_domains: string[] }>('list_authorized_properties'),
    (answer) => answer.publisher_domains.join(', '),
  )
  await timeline.step(
    'agent',
    'list_creative_formats',
    () => buyer.call<{ formats: { name: string }[] }>('list_creative_formats'),
    ({ formats }) =>
      `${formats.length} formats, ${formats
        .slice(0, 3)
        .map(({ name }) => name)
        .join(', ')} …`,
  )
}

/** Step 2: a brief in plain words. */
export async function findProducts({ buyer, timeline }: Day) {
  timeline.heading('2  It describes what it wants')
  const brief = 'Video for outdoor enthusiasts in Germany'
  const { products } = await timeline.step(
    'agent',
    `get_products "${brief}"`,
    () =>
      buyer.call<{ products: { name: string; brief_relevance: string }[] }>('get_products', {
        buying_mode: 'brief',
        brief,
      }),
    (answer) => `${answer.products.length} products, best first:`,
  )
  for (const { name, brief_relevance } of products.slice(0, 3)) timeline.detail(`${name}: ${brief_relevance}`)
}

/** Steps 3 and 4: a purchase answered at once, placed later; the same call again buys nothing more. */
export async function buyNonGuaranteed(day: Day) {
  const { buyer, timeline } = day
  timeline.heading('3  It buys a non-guaranteed product; the ad server needs five seconds to place it')
  const order = purchase('trail_video_preroll', 'cpm_eur_auction', 4000, 14)
  const bought = await timeline.step(
    'agent',
    'create_media_buy',
    () => buyer.call<Bought>('create_media_buy', order),
    tellBought,
  )
  await timeline.step(
    'worker',
    'places the order',
    () => placed(day.buyer, bought.media_buy_id),
    (listed) => `get_media_buys: ${tellPlacement(listed)}`,
  )

  timeline.heading('4  It sends the very same call again')
  const again = await timeline.step(
    'agent',
    'create_media_buy, same idempotency_key',
    () => buyer.call<Bought>('create_media_buy', order),
    (answer) => `${answer.media_buy_id}, replayed: ${answer.replayed}`,
  )
  if (again.media_buy_id !== bought.media_buy_id || !again.replayed)
    throw new DemoError('The same call bought twice.')
  await oneOrderStands(day, bought.media_buy_id)
}

/** Step 5: a purchase that a person must approve. */
export async function buyGuaranteed(day: Day) {
  const { buyer, timeline } = day
  timeline.heading('5  It buys a guaranteed product; a person must approve')
  const order = purchase('trail_video_premium', 'cpm_eur_fixed', 8000)
  const { task_id } = await timeline.step(
    'agent',
    'create_media_buy',
    () => buyer.call<{ status: string; task_id: string }>('create_media_buy', order),
    (answer) => `${answer.status}, ${answer.task_id}`,
  )
  await timeline.step(
    'person',
    `salesdesk approve ${task_id}`,
    () => day.approve(task_id),
    (said) => said,
  )
  const { result } = await timeline.step(
    'agent',
    'tasks_get',
    () => buyer.call<{ status: string; result: { media_buy_id: string } }>('tasks_get', { task_id }),
    (task) => `${task.status}: ${task.result.media_buy_id}`,
  )
  await timeline.step(
    'worker',
    'places the order',
    () => placed(day.buyer, result.media_buy_id),
    (listed) => `get_media_buys: ${tellPlacement(listed)}`,
  )
}

/** Step 6: the worker dies at the worst moment: the ad server has the order, we do not know it yet. */
export async function killWorker(day: Day) {
  const { buyer, timeline, db } = day
  timeline.heading('6  A worker is killed in the middle of placing a third order')
  day.workers.push(
    await timeline.step('desk', 'starts a second worker', day.startWorker, ({ ready }) => ready),
  )
  const order = purchase('trail_gear_guide_display', 'cpm_eur_auction', 2500, 6)
  const { media_buy_id } = await timeline.step(
    'agent',
    'create_media_buy',
    () => buyer.call<Bought>('create_media_buy', order),
    tellBought,
  )
  const pid = await timeline.step(
    'worker',
    'sends the order; the ad server has it and has not answered yet',
    () =>
      until(
        'an order on the ad server',
        async () => (await countOrders(db, media_buy_id)) === 1 && workerPlacing(db, media_buy_id),
      ),
    (process_id) => `worker ${process_id} waits for the answer`,
  )
  const victim = day.workers.find((worker) => worker.pid === pid)
  if (!victim) throw new DemoError(`No worker has the process id ${pid}.`)
  await timeline.step(
    'chaos',
    `kill -9 ${pid}`,
    () => victim.kill(),
    () => 'gone, without a goodbye',
  )
  day.workers.splice(day.workers.indexOf(victim), 1)
  await timeline.step(
    'worker',
    'the other one takes over, looks on the ad server, finds the order',
    () => placed(day.buyer, media_buy_id),
    (listed) => `get_media_buys: ${tellPlacement(listed)}`,
  )
  await oneOrderStands(day, media_buy_id)
}
