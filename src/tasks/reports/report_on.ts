import { dueReports, type DueReport, type Standing } from '../../adcp/due_reports.ts'
import { delayOf, isCounted } from '../../adcp/package_delivery.ts'
import type { Trx } from '../../db/database.ts'
import { selectDelivery, type DeliveryRow } from '../../queries/delivery.ts'
import { makeReport } from './make_report.ts'
import { lockReporting, readCorrected, readDaysWithoutHours, readDelayed, type Reporting } from './read.ts'

/** Makes the reports of one media buy that are due, corrections first, and says what they were. */
export async function reportOn(trx: Trx, task_id: string, now: Date): Promise<string[]> {
  const reporting = await lockReporting(trx, task_id).executeTakeFirst()
  if (!reporting) return []
  const { media_buy_id } = reporting
  const row = await selectDelivery(trx, reporting.tenant_id, {})
    .where('buy.media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  const standing = await readStanding(trx, reporting, row, now)
  const corrected = await readCorrected(trx, media_buy_id)
  const due = dueReports(standing)
  const reports: DueReport[] = [
    ...corrected.map((window) => ({ notification_type: 'adjusted' as const, window })),
    ...due.reports,
  ]
  for (const report of reports) await makeReport(trx, reporting, standing, report)
  const finished = due.reports.some(({ notification_type }) => notification_type === 'final')
  await trx
    .updateTable('reporting_webhooks')
    .set({
      next_window_start: due.next_window_start,
      next_at: due.next_at,
      ...(finished && { finished_at: now }),
    })
    .where('task_id', '=', task_id)
    .execute()
  return reports.map(({ notification_type }) => notification_type)
}

async function readStanding(trx: Trx, reporting: Reporting, row: DeliveryRow, now: Date): Promise<Standing> {
  const { media_buy_id, reporting_frequency, next_window_start, start_time } = reporting
  const delayed = await readDelayed(trx, media_buy_id)
  const hourly = reporting_frequency === 'hourly'
  const unclear = hourly ? await readDaysWithoutHours(trx, media_buy_id) : new Set<string>()
  return {
    reporting_frequency,
    next_window_start,
    start_time,
    end_time: endOf(reporting),
    delay_ms: Math.max(...row.packages.map(delayOf)),
    finished: reporting.finished_at !== null,
    now,
    isCounted: ({ start, end }) =>
      !unclear.has(start.toISOString().slice(0, 10)) &&
      row.packages.every((item) => {
        const ever = row.ever.find(({ package_id }) => package_id === item.package_id)
        return isCounted({ item, ever, status: row.status }, end.getTime())
      }),
    wasDelayed: ({ start }) => delayed.has(start.getTime()),
  }
}

/** When its flight ends, or ended before its time. */
function endOf({ status, end_time, canceled_at, updated_at }: Reporting): Date {
  if (status !== 'canceled' && status !== 'rejected') return end_time
  const ended = canceled_at ?? updated_at
  return ended < end_time ? ended : end_time
}
