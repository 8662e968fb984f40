import { z } from 'zod'
import { Currency, fields, Id, Money } from './file_words.ts'

const Hours = z.int().min(1).max(2160)

const Limit = fields({
  currency: Currency,
  auto_approve_under: Money(2).positive().optional(),
  four_eyes_above: Money(2).positive().optional(),
})
  .refine(
    ({ auto_approve_under, four_eyes_above }) =>
      auto_approve_under !== undefined || four_eyes_above !== undefined,
    'needs auto_approve_under, four_eyes_above or both',
  )
  .refine(({ auto_approve_under = 0, four_eyes_above = Infinity }) => auto_approve_under <= four_eyes_above, {
    path: ['four_eyes_above'],
    error: 'is less than auto_approve_under',
  })

/** What needs a person at a publisher, or two, and how long they have: of the publisher file and of the console. */
export const ApprovalPolicy = fields({
  limits: z
    .array(Limit)
    .refine(
      (limits) => new Set(limits.map(({ currency }) => currency)).size === limits.length,
      'names a currency twice',
    )
    .default([]),
  trusted_principals: z.array(Id).default([]),
  includes_person_products: z.boolean().default(false),
  review_creatives: z.enum(['none', 'untrusted', 'all']).default('none'),
  decide_within_hours: Hours.optional(),
  remind_after_hours: Hours.optional(),
  escalate_after_hours: Hours.optional(),
  expire_after_hours: Hours.optional(),
  expire_reason: z.string().trim().min(1).max(500).optional(),
}).superRefine((policy, check) => {
  const { expire_after_hours: end, decide_within_hours: decide = 0 } = policy
  const add = (path: string, message: string) => check.addIssue({ code: 'custom', path: [path], message })
  if (end === undefined) {
    if (policy.expire_reason !== undefined) add('expire_reason', 'says nothing without expire_after_hours')
    return
  }
  if (decide > end) add('decide_within_hours', 'is longer than expire_after_hours')
  for (const name of ['remind_after_hours', 'escalate_after_hours'] as const)
    if ((policy[name] ?? 0) >= end) add(name, 'comes no earlier than expire_after_hours')
})
export type ApprovalPolicy = z.output<typeof ApprovalPolicy>
