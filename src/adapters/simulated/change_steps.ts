import { isDeepStrictEqual } from 'node:util'
import {
  creativeIdOf,
  lineItemIdOf,
  orderIdOf,
  type Change,
  type DoneStep,
  type PlannedStep,
  type StepOutcome,
} from '../adapter.ts'
import type { BookedChange } from './change_books.ts'
import type { AdServer } from './client.ts'
import { Faults } from './config.ts'

/** Makes the change a step's body describes. */
export async function makeChange(
  server: AdServer,
  { external_key, body }: PlannedStep,
  done: readonly DoneStep[],
  signal: AbortSignal,
): Promise<StepOutcome> {
  const { simulate, ...change } = body
  const asked = booked(change as unknown as Change, done)
  const id = await server.change(asked, external_key, Faults.parse(simulate), signal)
  return { type: 'done', external_ids: id === undefined ? {} : { creative: id } }
}

function booked(change: Change, done: readonly DoneStep[]): BookedChange {
  switch (change.kind) {
    case 'cancel_order':
      return { kind: change.kind, order_id: orderIdOf(done) }
    case 'upload_creative': {
      const { weight: _weight, ...creative } = change.creative
      return { kind: change.kind, creative }
    }
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
      return { kind: change.kind, line_item_id: lineItemIdOf(done, change.package_id) }
    case 'update_line_item': {
      const { kind, fields } = change
      return { kind, fields, line_item_id: lineItemIdOf(done, change.package_id) }
    }
    case 'attach_creative':
    case 'detach_creative':
      return {
        kind: change.kind,
        line_item_id: lineItemIdOf(done, change.package_id),
        creative_id: creativeIdOf(done, change.creative),
        weight: 'weight' in change.creative ? change.creative.weight : null,
      }
  }
}

/** True if the ad server holds what a step was to change, as it was to become. */
export async function stands(
  server: AdServer,
  { external_key, body }: PlannedStep,
  done: readonly DoneStep[],
): Promise<boolean> {
  const change = booked(body as unknown as Change, done)
  if (change.kind === 'upload_creative') return false
  if (change.kind === 'cancel_order') {
    const order = await server.readOrder(change.order_id, external_key)
    return order === undefined || order.status === 'canceled'
  }
  const item = await server.readLineItem(change.line_item_id, external_key)
  if (!item) return false
  const shown = item.shown.find(({ creative_id }) => creative_id === change.creative_id)
  switch (change.kind) {
    case 'pause_line_item':
      return item.status === 'paused'
    case 'resume_line_item':
      return item.status === 'ready'
    case 'cancel_line_item':
      return item.status === 'canceled'
    case 'update_line_item': {
      const now = item.body as Record<string, unknown>
      return Object.entries(change.fields ?? {}).every(([name, value]) => isDeepStrictEqual(now[name], value))
    }
    case 'attach_creative':
      return shown !== undefined && shown.weight === change.weight
    case 'detach_creative':
      return shown === undefined
  }
}
