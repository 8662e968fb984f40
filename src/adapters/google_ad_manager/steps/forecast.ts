import { AdapterError, type Call, type StepOutcome } from '../../adapter.ts'
import type { Settings } from '../config.ts'

const LONGEST_PAUSE_MINUTES = 60

/** What `act` comes to, or a wait where Google has no forecast for it yet. */
export async function forecastAwaited(
  settings: Settings,
  call: Call,
  act: () => Promise<StepOutcome>,
): Promise<StepOutcome> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    if (error.code === 'ForecastError.NO_FORECAST_YET') return later(settings, 'waiting_for_forecast', call)
    // nothing of an order that waits for approval can be changed
    if (error.code === 'LineItemError.UPDATE_PENDING_APPROVAL_LINE_ITEM_NOT_ALLOWED')
      return later(settings, 'waiting_for_approval', call)
    throw error
  }
}

/** Ask again, each time after twice as long, an hour at most. */
export function later(settings: Settings, reason: string, { attempt }: Call): StepOutcome {
  const minutes = Math.min(settings.poll_minutes * 2 ** Math.min(attempt - 1, 10), LONGEST_PAUSE_MINUTES)
  return {
    type: 'wait',
    reason,
    retry_after_ms: Math.max(minutes, settings.poll_minutes) * 60_000,
    give_up_after_ms: settings.wait_hours * 3_600_000,
  }
}
