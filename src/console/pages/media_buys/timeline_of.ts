import type { Happening } from './read_history.ts'
import type { Order, OrderStep } from './read_orders.ts'

/** One point of the way from the request to the end of the flight. */
export interface Point {
  at: Date
  what: string
  /** More about it, in words. */
  said: string[]
  /** What it is called on an ad server: `order 4711`. */
  ids: string[]
  tone: 'good' | 'waiting' | 'bad' | 'plain'
  /** It tells what came of steps. */
  outcome?: boolean
}

/** Steps are told by the worker's clock and history by PostgreSQL's; what follows from a step must not come before it. */
const CLOCKS_DIFFER_MS = 1500

/** The way of a media buy so far, in the order things happened: its history with every write on an ad server between. */
export function timelineOf(history: readonly Happening[], orders: readonly Order[], names: Names): Point[] {
  const several = orders.length > 1
  const sent = orders.flatMap((order) =>
    order.steps.flatMap((step) => stepPoint(step, several ? order.connection : undefined, names)),
  )
  const [asked, ...told] = history.toReversed().map((one) => historyPoint(one, names))
  const inTime = [...sent, ...told].sort((a, b) => a.at.getTime() - b.at.getTime())
  return [...(asked ? [asked] : []), ...afterTheirSteps(inTime, new Set(sent))]
}

/** Puts what came of steps behind those that seem to follow at once: between it and another change there is what asked for that. */
function afterTheirSteps(points: readonly Point[], steps: ReadonlySet<Point>): Point[] {
  const placed: Point[] = []
  let early: Point | undefined
  for (const point of points) {
    const belongs = early && steps.has(point) && point.at.getTime() - early.at.getTime() < CLOCKS_DIFFER_MS
    if (early && !belongs) {
      placed.push(early)
      early = undefined
    }
    if (point.outcome) early = point
    else placed.push(point)
  }
  return early ? [...placed, early] : placed
}

/** What packages are called, by their ids. */
type Names = ReadonlyMap<string, string>

function historyPoint({ at, action, actor_kind, actor, package_id, said }: Happening, names: Names): Point {
  const person = actor_kind === 'buyer' || actor_kind === 'approver' || actor_kind === 'operator'
  const what = words[action] ?? sentence(action)
  const about = package_id === null ? undefined : (names.get(package_id) ?? package_id)
  return {
    at,
    what: person ? `${what} by ${actor}` : what,
    said: [about, spoken.has(action) ? null : said].filter((text) => text !== undefined && text !== null),
    ids: [],
    tone: tones[action] ?? 'plain',
    outcome: outcomes.has(action),
  }
}

/** A step is one point of the way once it is done, or has failed. */
function stepPoint(step: OrderStep, connection: string | undefined, names: Names): Point[] {
  const { state, done_at, first_tried_at, attempts, error, package_id, external_ids } = step
  const at = done_at ?? first_tried_at
  if (at === null || (state !== 'done' && state !== 'failed')) return []
  const name = package_id === null ? undefined : names.get(package_id)
  const tries = attempts > 1 ? `${attempts} tries` : undefined
  return [
    {
      at: new Date(at),
      what: [stepName(step.kind), name && `for ${name}`, connection && `on ${connection}`]
        .filter(Boolean)
        .join(' '),
      said: [took(step), tries, error].filter((text) => text !== undefined && text !== null),
      ids: Object.entries(external_ids).map(([kind, id]) => `${kind.replaceAll('_', ' ')} ${id}`),
      tone: state === 'failed' ? 'bad' : 'plain',
    },
  ]
}

/** How long a step took from its first call until it was done: `0.2 s`, `3 min`. */
export function took({
  first_tried_at,
  done_at,
}: Pick<OrderStep, 'first_tried_at' | 'done_at'>): string | undefined {
  if (first_tried_at === null || done_at === null) return undefined
  const seconds = Math.max(0, Date.parse(done_at) - Date.parse(first_tried_at)) / 1000
  const [span, unit] =
    seconds < 90
      ? [seconds, 's']
      : seconds < 5400
        ? [seconds / 60, 'min']
        : seconds < 172_800
          ? [seconds / 3600, 'h']
          : [seconds / 86_400, 'days']
  return `took ${Number(span.toFixed(span < 10 ? 1 : 0))} ${unit}`
}

/** What a step does, for people. */
export const stepName = (kind: string): string => steps[kind] ?? sentence(kind)

const sentence = (word: string) => word.charAt(0).toUpperCase() + word.slice(1).replaceAll('_', ' ')

const steps: Partial<Record<string, string>> = {
  create_order: 'Order made',
  create_line_item: 'Line item made',
  await_approval: 'Approved there',
  cancel_order: 'Order canceled there',
  pause_line_item: 'Line item paused',
  resume_line_item: 'Line item resumed',
  cancel_line_item: 'Line item canceled',
  update_line_item: 'Line item changed',
  upload_creative: 'Creative uploaded',
  attach_creative: 'Creative put on the line item',
  detach_creative: 'Creative taken off the line item',
  by_hand: 'Done by hand',
}
const words: Partial<Record<string, string>> = {
  created: 'Requested',
  order_placed: 'Order stands on the ad server',
  order_changed: 'Order changed on the ad server',
  order_canceled: 'Order taken back on the ad server',
  order_goes_on: 'Let go on',
  needs_human: 'Stopped until a person looks at it',
  started: 'Began to run',
  ended: 'Ended',
  never_ran: 'Ended without ever running',
  not_serving: 'Not served any more',
  no_longer_not_serving: 'Served again',
  behind: 'Behind its pace',
  no_longer_behind: 'Back on pace',
}
/** What these say besides is in their name. */
const spoken = new Set(['order_placed', 'order_changed', 'order_canceled', 'order_goes_on', 'needs_human'])
const outcomes = new Set(['order_placed', 'order_changed', 'order_canceled'])
const tones: Partial<Record<string, Point['tone']>> = {
  approved: 'good',
  order_placed: 'good',
  started: 'good',
  rejected: 'bad',
  canceled: 'bad',
  never_ran: 'bad',
  needs_human: 'bad',
  not_serving: 'bad',
  creative_rejected: 'bad',
  paused: 'waiting',
  behind: 'waiting',
}
