import {
  AdapterError,
  judge,
  lineItemIdOf,
  orderIdOf,
  type Call,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
} from '../adapter.ts'
import type { Client, Thing } from './client.ts'
import { reconcileShown, reconcileUpload, show, upload } from './creatives.ts'
import { holds, whole } from './whole.ts'

/** Carries out one step: at most one write, and none where it stands already. */
export async function executeStep(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<StepOutcome> {
  switch (step.kind) {
    case 'create_order': {
      const { Id } = await client.createCampaign(part(step, 'campaign'), call)
      return { type: 'done', external_ids: { order: String(Id) } }
    }
    case 'create_line_item': {
      const CampaignId = Number(orderIdOf(done))
      const { Id } = await client.createFlight({ CampaignId, ...part(step, 'flight') }, call)
      return { type: 'done', external_ids: { line_item: String(Id) } }
    }
    case 'cancel_order': {
      const id = orderIdOf(done)
      const there = await client.readCampaign(id, call)
      const wanted = part(step, 'campaign')
      if (!holds(there, wanted)) await client.writeCampaign(id, whole('campaign', there, wanted), call)
      return { type: 'done', external_ids: {} }
    }
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'update_line_item': {
      const id = lineItemIdOf(done, step.package_id)
      const there = await client.readFlight(id, call)
      const wanted = part(step, 'flight')
      if (!holds(there, wanted)) await client.writeFlight(id, whole('flight', there, wanted), call)
      return { type: 'done', external_ids: {} }
    }
    case 'upload_creative':
      return { type: 'done', external_ids: { creative: await upload(client, part(step, 'creative'), call) } }
    case 'attach_creative':
    case 'detach_creative':
      await show(client, step, done, call)
      return { type: 'done', external_ids: {} }
    case 'await_approval':
      throw new AdapterError('permanent', 'unsupported_step', 'Kevel approves nothing')
  }
}

/** Looks campaigns, flights and creatives up by the keys in their names, and a change by what it was to make true. */
export async function reconcileStep(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  switch (step.kind) {
    case 'create_order': {
      const found = await client.searchCampaigns(step.external_key, call)
      const wanted = part(step, 'campaign')
      return judge(
        step,
        keyed(step, found),
        (one) => holds(one, wanted),
        ({ Id }) => ({ order: String(Id) }),
      )
    }
    case 'create_line_item': {
      const found = await client.listFlights(orderIdOf(done), call)
      // places come back in a form of their own
      const { GeoTargeting: _places, SiteZoneTargeting: _zones, ...flight } = part(step, 'flight')
      return judge(
        step,
        keyed(step, found),
        (one) => holds(one, flight),
        ({ Id }) => ({ line_item: String(Id) }),
      )
    }
    case 'cancel_order':
      return stands(await client.readCampaign(orderIdOf(done), call), part(step, 'campaign'))
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'update_line_item':
      return stands(await client.readFlight(lineItemIdOf(done, step.package_id), call), part(step, 'flight'))
    case 'upload_creative':
      return reconcileUpload(client, step, call)
    case 'attach_creative':
    case 'detach_creative':
      return reconcileShown(client, step, done, call)
    case 'await_approval':
      return { found: 'none' }
  }
}

const part = ({ body }: PlannedStep, name: string) => body[name] as Record<string, unknown>

const stands = (there: Thing, wanted: object): Reconciliation =>
  holds(there, wanted) ? { found: 'match', external_ids: {} } : { found: 'none' }

const keyed = ({ external_key }: PlannedStep, things: readonly Thing[]) =>
  things.filter(({ Name }) => typeof Name === 'string' && Name.endsWith(`[${external_key}]`))
