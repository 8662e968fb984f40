/** How long a publisher gives itself, in hours; what is null is not limited. */
export interface Hours {
  decide_within_hours: number | null
  remind_after_hours: number | null
  escalate_after_hours: number | null
  expire_after_hours: number | null
  expire_reason: string | null
}
/** When something becomes of an approval that waits, as its row has it. */
export interface ApprovalTimes {
  waits_since: Date
  deadline: Date | null
  remind_after_hours: number | null
  escalate_at: Date | null
  expire_at: Date | null
  expire_reason: string | null
  clock_at: Date | null
}
export type Due = { kind: 'reminder' | 'escalation'; at: Date } | { kind: 'expiry'; at: Date; reason: string }

const HOUR_MS = 3_600_000

/** The times of an approval that begins to wait now: for people, or for the buyer they asked. */
export function timesFrom(now: Date, hours: Hours): ApprovalTimes {
  const after = (count: number | null) => (count === null ? null : new Date(now.getTime() + count * HOUR_MS))
  const expire_at = after(hours.expire_after_hours)
  const times = {
    waits_since: now,
    deadline: after(hours.decide_within_hours),
    remind_after_hours: hours.remind_after_hours,
    escalate_at: after(hours.escalate_after_hours),
    expire_at,
    expire_reason: expire_at && (hours.expire_reason ?? reasonOf(hours.expire_after_hours)),
  }
  return { ...times, clock_at: nextAfter(times, now) }
}

const reasonOf = (hours: number | null) => `Nobody at the publisher decided within ${hours} hours.`

/**
 * What has become due since `seen` and until `now`: of several reminders that were missed only the last, and nothing but the expiry
 * once that is due.
 */
export function dueBetween(times: Omit<ApprovalTimes, 'clock_at'>, seen: Date, now: Date): Due[] {
  const { expire_at, expire_reason, escalate_at } = times
  if (expire_at && expire_at <= now && expire_reason !== null)
    return [{ kind: 'expiry', at: expire_at, reason: expire_reason }]
  const reminded = lastReminder(times, now)
  return [
    ...(reminded && reminded > seen ? [{ kind: 'reminder', at: reminded } as const] : []),
    ...(escalate_at && escalate_at > seen && escalate_at <= now
      ? [{ kind: 'escalation', at: escalate_at } as const]
      : []),
  ]
}

/** When there is something to do next, after `now`; null: never. */
export function nextAfter(times: Omit<ApprovalTimes, 'clock_at'>, now: Date): Date | null {
  const { waits_since, remind_after_hours, deadline, escalate_at, expire_at } = times
  const every = remind_after_hours === null ? undefined : remind_after_hours * HOUR_MS
  const passed = now.getTime() - waits_since.getTime()
  const reminder = every && new Date(waits_since.getTime() + (Math.floor(passed / every) + 1) * every)
  const ahead = [reminder, deadline, escalate_at, expire_at].filter((at) => at instanceof Date && at > now)
  return ahead.length === 0 ? null : new Date(Math.min(...ahead.map(Number)))
}

/** People are reminded every so often, and when the deadline is there. */
function lastReminder(
  { waits_since, remind_after_hours, deadline }: Omit<ApprovalTimes, 'clock_at'>,
  now: Date,
): Date | undefined {
  const every = remind_after_hours === null ? undefined : remind_after_hours * HOUR_MS
  const count = every ? Math.floor((now.getTime() - waits_since.getTime()) / every) : 0
  const regular = every && count > 0 ? new Date(waits_since.getTime() + count * every) : undefined
  const final = deadline && deadline <= now ? deadline : undefined
  return [regular, final].filter((at) => at !== undefined).sort((a, b) => Number(b) - Number(a))[0]
}
