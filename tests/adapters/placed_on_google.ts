import type {
  ApprovedBuy,
  ApprovedPackage,
  Change,
  DoneStep,
  PlannedStep,
} from '../../src/adapters/adapter.ts'
import { call } from './conformance.ts'
import { shown } from '../support/google_ad_manager/line_items.ts'
import type { Thing } from '../support/google_ad_manager/objects.ts'
import { aBuy, connectTo, heldFor } from '../support/google_ad_manager/selling.ts'
import type { FakeGoogle } from '../support/google_ad_manager/server.ts'

/** An order that stands, and the worker's view of it. */
export async function placed(
  google: FakeGoogle,
  packages: ApprovedPackage[],
  approve = true,
  adapter = connectTo(google),
) {
  const buy: ApprovedBuy = aBuy(packages)
  let wanted = buy
  const done: DoneStep[] = []
  const steps = adapter.planFulfilment(buy)
  const finish = async (step: PlannedStep) => {
    const outcome = await adapter.executeStep(step, done, call())
    if (outcome.type !== 'done') throw new Error(`${step.kind} was not done`)
    done.push({ ...step, external_ids: outcome.external_ids })
  }
  for (const step of steps) if (approve || step.kind !== 'await_approval') await finish(step)
  const held = () => heldFor(google, buy)
  const item = (): Thing => held().items[0] ?? {}
  const [pkg] = packages
  if (!pkg) throw new Error('there is no package')
  const self = {
    buy,
    pkg,
    done,
    held,
    item,
    do: finish,
    plan(change: Change): PlannedStep {
      const subject = 'creative' in change ? `:${change.creative.creative_id}:${change.creative.version}` : ''
      const package_id = 'package_id' in change ? change.package_id : null
      const external_key = `adcp:${buy.media_buy_id}${subject}`
      return { kind: change.kind, external_key, package_id, body: adapter.planChange(change, wanted) }
    },
    approval: () => steps.find(({ kind }) => kind === 'await_approval') as PlannedStep,
    send: (step: PlannedStep) => adapter.executeStep(step, done, call()),
    find: (step: PlannedStep) => adapter.reconcileStep(step, done, call()),
    async update(fields: Partial<ApprovedPackage>) {
      const { package_id } = pkg
      const changed = (one: ApprovedPackage) => (one.package_id === package_id ? { ...one, ...fields } : one)
      wanted = { ...wanted, packages: wanted.packages.map(changed) }
      await self.send(self.plan({ kind: 'update_line_item', package_id, fields }))
    },
    status: async () => String(shown(google.books, item())['status']),
  }
  return self
}
