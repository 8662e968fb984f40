import { tellPeople } from '../commands/tell_people.ts'
import { defineTask } from './define-task.ts'

/** So many hours late a summary is still told: no worker ran, or clocks were put forward over its hour. */
const LATE_HOURS = 3

/** Tells each publisher in Slack of its day, at the hour and in the time zone it wants, once a day. */
export const startDailySummaries = defineTask({
  name: 'start_daily_summaries',
  async run(_, { db, clock, log }) {
    const now = clock()
    const wanted = await db
      .selectFrom('slack_connections as slack')
      .innerJoin('tenants as t', 't.tenant_id', 'slack.tenant_id')
      .select(['slack.tenant_id', 'time_zone', 'summary_hour'])
      .where('t.closed_at', 'is', null)
      .where('summary_hour', 'is not', null)
      .execute()
    for (const { tenant_id, time_zone, summary_hour } of wanted) {
      const { day, hour } = localTime(now, time_zone)
      if (summary_hour === null || hour < summary_hour || hour > summary_hour + LATE_HOURS) continue
      const notice = { tenant_id, kind: 'daily_summary', subject_id: day, now } as const
      await db.transaction().execute((trx) => tellPeople(trx, notice))
      log.debug({ tenant_id, day }, 'daily summary')
    }
  },
})

/** Day and hour on a clock on the wall there. */
function localTime(now: Date, timeZone: string): { day: string; hour: number } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  }).formatToParts(now)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? ''
  return { day: `${part('year')}-${part('month')}-${part('day')}`, hour: Number(part('hour')) }
}
