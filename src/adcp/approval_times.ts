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
}
export type Due = { kind: 'reminder' | 'escalation'; at: Date } | { kind: 'expiry'; at: Date; reason: string }

const HOUR_MS = 3_600_000
const unlimited: Hours = {
  decide_within_hours: null,
  remind_after_hours: null,
  escalate_after_hours: null,
  expire_after_hours: null,
  expire_reason: null,
}
const tooLate = 'Nobody at the publisher decided before the flight was to begin.'

/** The times of an approval that begins to wait now. It ends when its flight is to begin, if that is fixed and comes first. */
export function timesFrom(now: Date, hours: Hours = unlimited, begins: Date | null = null): ApprovalTimes {
  const after = (count: number | null) => (count === null ? null : new Date(now.getTime() + count * HOUR_MS))
  const { expire_after_hours, expire_reason } = hours
  const expires = after(expire_after_hours)
  const early = begins !== null && (expires === null || begins < expires)
  const reason = expire_reason ?? `Nobody at the publisher decided within ${expire_after_hours} hours.`
  return {
    waits_since: now,
    deadline: after(hours.decide_within_hours),
    remind_after_hours: hours.remind_after_hours,
    escalate_at: after(hours.escalate_after_hours),
    expire_at: early ? begins : expires,
    expire_reason: early ? tooLate : expires && reason,
  }
}

/** While its buyer is asked something a request only ends: people are not reminded of what is not theirs to do. */
export const whileAsked = (times: ApprovalTimes): ApprovalTimes => ({
  ...times,
  deadline: null,
  remind_after_hours: null,
  escalate_at: null,
})

/**
 * The times once the buyer has answered: people get back what was left to them when they asked. When it ends stays as it is, so
 * that nothing is held for longer by talking about it.
 */
export function afterAnswer(times: ApprovalTimes, asked: Date, now: Date): ApprovalTimes {
  const { waits_since, deadline, escalate_at, expire_at } = times
  const later = (at: Date) => new Date(at.getTime() + now.getTime() - asked.getTime())
  const ahead = (at: Date | null) => {
    if (at === null || at <= asked) return at
    return expire_at && later(at) > expire_at ? expire_at : later(at)
  }
  return {
    ...times,
    waits_since: later(waits_since),
    deadline: ahead(deadline),
    escalate_at: ahead(escalate_at),
  }
}

/** When the clock has to look next, `from` that moment on; null: never. */
export function nextLook(times: ApprovalTimes, from: Date): Date | null {
  const { deadline, escalate_at, expire_at } = times
  const ahead = [reminderAt(times, from, Math.ceil), deadline, escalate_at, expire_at].filter(
    (at) => at !== null && at >= from,
  )
  return ahead.length === 0 ? null : new Date(Math.min(...ahead.map(Number)))
}

/**
 * What became due at `from` or later, until `now`: of several reminders that were missed only the last one, and once it has expired
 * nothing else. People are reminded every so often, and when the deadline is there.
 */
export function dueBetween(times: ApprovalTimes, from: Date, now: Date): Due[] {
  const { expire_at, expire_reason, escalate_at, deadline } = times
  if (expire_at && expire_reason !== null && expire_at <= now)
    return [{ kind: 'expiry', at: expire_at, reason: expire_reason }]
  const isDue = (at: Date | null) => at !== null && at >= from && at <= now
  const reminders = [reminderAt(times, now, Math.floor), deadline].filter(isDue).map(Number)
  return [
    ...(reminders.length > 0 ? [{ kind: 'reminder', at: new Date(Math.max(...reminders)) } as const] : []),
    ...(escalate_at && isDue(escalate_at) ? [{ kind: 'escalation', at: escalate_at } as const] : []),
  ]
}

/** The regular reminder next to a moment: the first one then or later, or the last one then or before. */
function reminderAt(
  { waits_since, remind_after_hours }: ApprovalTimes,
  moment: Date,
  round: (count: number) => number,
): Date | null {
  if (remind_after_hours === null) return null
  const every = remind_after_hours * HOUR_MS
  const count = round((moment.getTime() - waits_since.getTime()) / every)
  if (count < 1) return round === Math.ceil ? new Date(waits_since.getTime() + every) : null
  return new Date(waits_since.getTime() + count * every)
}
