import { sql } from 'kysely'
import { buyDelivery } from '../../adcp/delivery_answers.ts'
import { nextExpectedAt, type DueReport, type Standing } from '../../adcp/due_reports.ts'
import { periodOf } from '../../adcp/report_window.ts'
import type { AdcpVersion } from '../../adcp/version.ts'
import { readListener, sendWebhook } from '../../commands/tell_buyer.ts'
import type { Trx } from '../../db/database.ts'
import { selectDelivery, type DeliveryRow, type Window } from '../../queries/delivery.ts'
import type { Reporting } from './read.ts'

/** Writes one report and its webhook, numbered after the buy's last one. The caller holds the lock of the buy's reporting. */
export async function makeReport(
  trx: Trx,
  reporting: Reporting,
  standing: Standing,
  report: DueReport,
): Promise<void> {
  const { tenant_id, media_buy_id, task_id } = reporting
  const { notification_type, window } = report
  const { now } = standing
  const row = await selectDelivery(trx, tenant_id, queried(reporting, report))
    .where('buy.media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  const listener = await readListener(trx, { media_buy_id, task_id })
  if (!listener) throw new Error('a reporting webhook without a destination')
  const sequence_number = await nextNumber(trx, media_buy_id)
  const result = resultOf(row, listener.version, reporting, standing, report, sequence_number)
  const message = messages[notification_type]
  const webhook_event_id = await sendWebhook(trx, listener, { status: 'completed', message, result, now })
  await trx
    .insertInto('delivery_reports')
    .values({
      tenant_id,
      media_buy_id,
      sequence_number,
      notification_type,
      window_start: window.start,
      window_end: window.end,
      figures: row.within.find(isAll)?.figures ?? 0,
      webhook_event_id,
      created_at: now,
    })
    .execute()
}

const messages = {
  scheduled: 'Delivery of the period.',
  final: 'Delivery of the whole flight; the last regular report.',
  delayed: 'Figures of the period are late. They follow as soon as they are known.',
  adjusted: 'Figures of the period were corrected; they take the place of those reported before.',
} as const

/** AdCP's delivery report: what get_media_buy_delivery answers about the period, without totals over several buys. */
function resultOf(
  row: DeliveryRow,
  version: AdcpVersion,
  { requested_metrics }: Reporting,
  standing: Standing,
  report: DueReport,
  sequence_number: number,
) {
  const { notification_type, window } = report
  const expected = nextExpectedAt(standing, report)
  const asked = { version, until: window.end, now: standing.now, metrics: requested_metrics }
  const delivery = buyDelivery(row, asked)
  const late = notification_type === 'delayed'
  return {
    notification_type,
    ...(late && { partial_data: true, unavailable_count: 1 }),
    sequence_number,
    ...(expected && { next_expected_at: expected.toISOString() }),
    reporting_period: periodOf(window),
    currency: row.currency,
    media_buy_deliveries: [
      {
        ...delivery,
        ...(late && { status: 'reporting_delayed', expected_availability: expected?.toISOString() }),
        ...(notification_type === 'adjusted' && { is_adjusted: true }),
      },
    ],
    ...(row.sandbox && { sandbox: true }),
  }
}

const isAll = ({ package_id, day }: DeliveryRow['within'][number]) => package_id === null && day === null

/** A final report tells everything; the others their window. */
function queried({ reporting_frequency }: Reporting, { notification_type, window }: DueReport): Window {
  if (notification_type === 'final') return {}
  const dayOf = (at: Date) => at.toISOString().slice(0, 10)
  const days = { from: dayOf(window.start), to: dayOf(new Date(window.end.getTime() - 1)) }
  return reporting_frequency === 'hourly' ? { ...days, hour: window.start.getUTCHours() } : days
}

async function nextNumber(trx: Trx, media_buy_id: string): Promise<number> {
  const { next } = await trx
    .selectFrom('delivery_reports')
    .select(sql<number>`coalesce(max(sequence_number), 0) + 1`.as('next'))
    .where('media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  return next
}
