import { z } from 'zod'
import { changes } from '../../capabilities.ts'
import { AdapterError } from '../adapter.ts'

export const Settings = z.strictObject({
  advertiser_required: z.boolean().default(false),
  answer_lag_seconds: z.number().nonnegative().default(0),
  calls_per_second: z.number().positive().nullable().default(null),
  rows_per_page: z
    .int()
    .positive()
    .max(5000)
    .default(500)
    .describe('How it answers to whoever reads what it holds.'),
  read_latency_ms: z.int().nonnegative().max(60_000).default(0),
  changes: z
    .array(z.enum(changes))
    .default([...changes])
    .describe('What it lets itself be told; the rest is done by hand.'),
  inventory: z
    .record(z.string().min(1), z.int().nonnegative())
    .default({})
    .describe(
      'Impressions a day of each inventory, by a name products refer to. Without any it cannot forecast.',
    ),
})
export type Settings = z.infer<typeof Settings>

const milliseconds = z.int().nonnegative().max(86_400_000)
const count = z.int().nonnegative()

/** How the ad server treats one kind of call. Nothing asked for is an ad server having a good day. */
export const Faults = z.strictObject({
  /** From the call to the answer. What is asked for is done halfway through. */
  latency_ms: milliseconds.default(0),
  /** Says no for good, with this reason. */
  refuse: z.string().min(1).nullable().default(null),
  /** The first so many calls are turned away and nothing is done. */
  busy: count.default(0),
  /** The next so many are too many in a row, and nothing is done. */
  rate_limited: count.default(0),
  /** The next so many are carried out and get no answer. */
  lose_answers: count.default(0),
  /** Takes the call and is never heard of again. Nothing is done. */
  hang: z.boolean().default(false),
})
export type Faults = z.infer<typeof Faults>

/** How the ad server treats an order, its line items and its changes. */
export const Behaviour = Faults.extend({
  line_item_latency_ms: milliseconds.default(0),
  /** The order needs approval over there, which comes this long after it was booked. */
  approval_ms: milliseconds.nullable().default(null),
  /** Why somebody has to look at it first. */
  needs_person: z.string().min(1).nullable().default(null),
  /** Which of the connection's inventory it is sold from. */
  inventory: z.string().min(1).optional(),
  /** For changes of what was booked, creatives among them. */
  change: Faults.prefault({}),
})
export type Behaviour = z.infer<typeof Behaviour>

/** The settings of an ad server connection. @throws AdapterError('config') naming what is wrong with them. */
export function parseSettings(settings: unknown): Settings {
  return parse(Settings, settings, 'The settings of this connection')
}

/** A product's ad_server_config. @throws AdapterError('config') naming what is wrong with it. */
export function parseProductConfig(config: unknown, productId: string): Behaviour {
  return parse(Behaviour, config, `ad_server_config of product ${productId}`)
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new AdapterError('config', 'invalid_config', `${what}: ${z.prettifyError(result.error)}`)
}

/** What an order does whose packages ask for different things: the slowest and the worst of them. */
export function mergeBehaviour(all: readonly Behaviour[]): Behaviour {
  const approvals = all.flatMap(({ approval_ms }) => approval_ms ?? [])
  return {
    ...mergeFaults(all),
    line_item_latency_ms: most(all.map(({ line_item_latency_ms }) => line_item_latency_ms)),
    approval_ms: approvals.length > 0 ? Math.max(...approvals) : null,
    needs_person: all.find(({ needs_person }) => needs_person !== null)?.needs_person ?? null,
    change: mergeFaults(all.map(({ change }) => change)),
  }
}

function mergeFaults(all: readonly Faults[]): Faults {
  return {
    latency_ms: most(all.map(({ latency_ms }) => latency_ms)),
    refuse: all.find(({ refuse }) => refuse !== null)?.refuse ?? null,
    busy: most(all.map(({ busy }) => busy)),
    rate_limited: most(all.map(({ rate_limited }) => rate_limited)),
    lose_answers: most(all.map(({ lose_answers }) => lose_answers)),
    hang: all.some(({ hang }) => hang),
  }
}

const most = (numbers: number[]) => Math.max(0, ...numbers)
