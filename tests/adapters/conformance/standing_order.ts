import {
  creativeKey,
  type AdServerAdapter,
  type ApprovedBuy,
  type Change,
  type DoneStep,
  type PlannedStep,
} from '../../../src/adapters/adapter.ts'
import { call, carryOut, withPackage } from './steps.ts'
import type { AdServerUnderTest, FaultName } from './under_test.ts'

/** An order that stands, or waits for its approval, and the worker's view of it. */
export interface StandingOrder {
  buy: ApprovedBuy
  done: DoneStep[]
  /** The step of a change, with a key such as the worker gives it; with a fault, it breaks when it is sent. */
  plan(change: Change, fault?: FaultName): PlannedStep
  send(
    step: PlannedStep,
    through?: AdServerAdapter,
    signal?: AbortSignal,
  ): ReturnType<AdServerAdapter['executeStep']>
  find(
    step: PlannedStep,
    through?: AdServerAdapter,
    signal?: AbortSignal,
  ): ReturnType<AdServerAdapter['reconcileStep']>
  /** Plans steps, carries them out and keeps them. */
  make(...changes: Change[]): Promise<void>
  approve(): Promise<void>
}

export async function standingOrder(
  it: AdServerUnderTest,
  state: 'approved' | 'not approved yet' = 'approved',
): Promise<StandingOrder> {
  const { adapter } = it
  const buy = buyShowing(it)
  const steps = adapter.planFulfilment(buy)
  const isApproval = ({ kind }: PlannedStep) => kind === 'await_approval'
  const done: DoneStep[] = []
  const carry = async (more: PlannedStep[]) =>
    void done.push(...(await carryOut(adapter, more, done, () => it.approve(buy))))
  await carry(steps.filter((step) => !isApproval(step)))
  const order: StandingOrder = {
    buy,
    done,
    plan: (change, fault) => planStep(it, buy, change, fault),
    send: (step, through = adapter, signal) => through.executeStep(step, done, call(signal)),
    find: (step, through = adapter, signal) => through.reconcileStep(step, done, call(signal)),
    make: async (...changes) => {
      for (const change of changes) await carry([order.plan(change)])
    },
    approve: () => carry(steps.filter(isApproval)),
  }
  if (state === 'approved') await order.approve()
  return order
}

/** A buy whose first package is to show a creative, where the ad server takes any. */
export function buyShowing({ approvedBuy, creative }: AdServerUnderTest): ApprovedBuy {
  return withPackage(approvedBuy(), { creatives: creative ? [creative] : [] })
}

let revision = 1
function planStep(
  { adapter, breakChange }: AdServerUnderTest,
  buy: ApprovedBuy,
  change: Change,
  fault: FaultName | undefined,
): PlannedStep {
  const wanted = change.kind === 'update_line_item' ? withPackage(buy, change.fields) : buy
  const body = adapter.planChange(change, fault ? breakChange(change.kind, fault, wanted) : wanted)
  const package_id = 'package_id' in change ? change.package_id : null
  const parts = [`adcp:${buy.media_buy_id}`, ...(package_id === null ? [] : [package_id])]
  if ('creative' in change) parts.push(change.creative.creative_id, change.creative.version)
  const external_key =
    change.kind === 'upload_creative'
      ? creativeKey(buy.media_buy_id, change.creative)
      : `${parts.join(':')}@${++revision}`
  return { kind: change.kind, external_key, package_id, body }
}
