import type { Day } from './day.ts'
import { DemoError } from './processes.ts'
import { AD_UNITS } from './stage.ts'

/** Step 8: what the ad server holds is read, page by page, and swapped in whole. */
export async function readInventory({ timeline, sync }: Day) {
  timeline.heading('8  The desk reads what the ad server holds')
  const said = await timeline.step(
    'desk',
    'salesdesk sync house',
    sync,
    () => 'a worker read it; what was there before stood until all of it was there:',
  )
  const lines = said.split('\n')
  for (const line of lines) timeline.detail(line)
  const whole = new RegExp(`ad_units +done, ${AD_UNITS.toLocaleString('en-US')} rows`)
  if (!lines.some((line) => whole.test(line))) throw new DemoError('The ad units were not read whole.')
}
