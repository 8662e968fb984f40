import { expect } from 'vitest'
import {
  creativeIdOf,
  type AdapterErrorClass,
  type ApprovedBuy,
  type ApprovedCreative,
  type ApprovedPackage,
  type Change,
  type PlannedStep,
} from '../../../src/adapters/adapter.ts'
import type { Capabilities } from '../../../src/capabilities.ts'
import { banner } from '../buys.ts'
import { expectNoSecret, rejection } from './errors.ts'
import { standingOrder, type StandingOrder } from './standing_order.ts'
import type { AdServerUnderTest, Booked, BookedLineItem, FaultName } from './under_test.ts'

/** One change that capabilities may claim, what must have happened before it, and what becomes of the line item it is about. */
export interface Trial {
  name: string
  claimed: Capabilities['changes'][number]
  before?(about: Subject): Change[]
  change(about: Subject): Change
  becomes(about: Subject, order: StandingOrder): Partial<BookedLineItem>
}
/** What a trial is about: the first package of an order. */
interface Subject {
  package_id: string
  creative: ApprovedCreative
  it: AdServerUnderTest
}
export function subjectOf(it: AdServerUnderTest, { packages: [first] }: ApprovedBuy): Subject {
  if (!first) throw new Error('a buy to change needs a package')
  return { package_id: first.package_id, creative: it.creative ?? banner, it }
}

const showing = ({ creative }: Subject, { done }: StandingOrder, weight: number | null = null) => [
  { creative: creativeIdOf(done, creative), weight },
]
const upload = ({ creative }: Subject): Change => ({ kind: 'upload_creative', creative })
const attach = ({ package_id, creative }: Subject, weight: number | null = null): Change => {
  const { creative_id, version } = creative
  return { kind: 'attach_creative', package_id, creative: { creative_id, version, weight } }
}

/** A change of fields to what these packages did not have before. */
function update(
  claimed: Trial['claimed'],
  fields: (about: Subject) => Extract<Change, { kind: 'update_line_item' }>['fields'],
  becomes: Partial<BookedLineItem> = {},
): Trial {
  const change = (about: Subject): Change => ({
    kind: 'update_line_item',
    package_id: about.package_id,
    fields: fields(about),
  })
  return { name: `a new ${claimed}`, claimed, change, becomes: () => becomes }
}

function targetingOf({ it }: Subject): Pick<ApprovedPackage, 'targeting_overlay'> {
  const [first] = it.adapter.capabilities.targeting
  if (!first) throw new Error('an ad server that claims changes of targeting should claim targeting')
  return { targeting_overlay: { [first]: it.targeting ? it.targeting[first] : ['asked for'] } }
}

export const trials: Trial[] = [
  {
    name: 'a pause',
    claimed: 'pause',
    change: ({ package_id }) => ({ kind: 'pause_line_item', package_id }),
    becomes: () => ({ state: 'paused' }),
  },
  {
    name: 'going on after a pause',
    claimed: 'resume',
    before: ({ package_id }) => [{ kind: 'pause_line_item', package_id }],
    change: ({ package_id }) => ({ kind: 'resume_line_item', package_id }),
    becomes: () => ({ state: 'running' }),
  },
  {
    name: 'the end of a package',
    claimed: 'cancel_package',
    change: ({ package_id }) => ({ kind: 'cancel_line_item', package_id }),
    becomes: () => ({ state: 'canceled' }),
  },
  {
    name: 'the end of an order',
    claimed: 'cancel',
    change: () => ({ kind: 'cancel_order' }),
    becomes: () => ({ state: 'canceled' }),
  },
  update('budget', () => ({ budget: '2000.00', impressions: null }), { budget: '2000.00' }),
  update('impressions', () => ({ impressions: 20_000 })),
  update('dates', () => ({ end_time: '2027-04-10T23:59:59.000Z' })),
  update('targeting', targetingOf),
  update('bid_price', () => ({ bid_price: '12.0000' })),
  update('pacing', ({ it }) => {
    const pacing = it.adapter.capabilities.pacing.find((one) => one !== it.approvedBuy().packages[0]?.pacing)
    if (!pacing) throw new Error('an ad server that claims changes of pacing should claim two paces')
    return { pacing }
  }),
  { name: 'a creative', claimed: 'add_creatives', change: upload, becomes: () => ({ shows: [] }) },
  {
    name: 'showing a creative',
    claimed: 'add_creatives',
    before: (about) => [upload(about)],
    change: (about) => attach(about),
    becomes: (about, order) => ({ shows: showing(about, order) }),
  },
  {
    name: 'how often a creative is shown',
    claimed: 'creative_weights',
    before: (about) => [upload(about), attach(about)],
    change: (about) => attach(about, 30),
    becomes: (about, order) => ({ shows: showing(about, order, 30) }),
  },
  {
    name: 'showing a creative no longer',
    claimed: 'remove_creatives',
    before: (about) => [upload(about), attach(about)],
    change: ({ package_id, creative: { creative_id, version } }) => ({
      kind: 'detach_creative',
      package_id,
      creative: { creative_id, version },
    }),
    becomes: () => ({ shows: [] }),
  },
]

/** An order for which everything has happened but the change that is tried. */
export async function prepare(it: AdServerUnderTest, trial: Trial) {
  const order = await standingOrder(it)
  const about = subjectOf(it, order.buy)
  await order.make(...(trial.before?.(about) ?? []))
  const plan = (fault?: FaultName) => order.plan(trial.change(about), fault)
  /** Sends the change into trouble, and gives back what was sent. */
  const trouble = async (fault: FaultName, ...classes: AdapterErrorClass[]): Promise<PlannedStep> => {
    const step = plan(fault)
    const error = await rejection(order.send(step))
    expect(classes).toContain(error.class)
    expectNoSecret(error, it.secret)
    return step
  }
  const becomes = () => trial.becomes(about, order)
  return { order, before: await it.booked(order.buy), becomes, plan, trouble }
}

/** Fails unless the first line item has become what it should and nothing else has changed. */
export function expectMade(
  before: Booked,
  after: Booked,
  { kind }: PlannedStep,
  becomes: Partial<Booked['line_items'][number]>,
): void {
  const [first, ...others] = after.line_items
  const [firstBefore, ...othersBefore] = before.line_items
  expect(first).toMatchObject(becomes)
  if (kind === 'update_line_item') expect(first?.facts).not.toEqual(firstBefore?.facts)
  else expect(first).toEqual({ ...firstBefore, ...becomes })
  expect(others).toEqual(
    kind === 'cancel_order' ? othersBefore.map((one) => ({ ...one, ...becomes })) : othersBefore,
  )
  expect(after.orders).toBe(1)
  expect(after.creatives).toBe(before.creatives + (kind === 'upload_creative' ? 1 : 0))
}
