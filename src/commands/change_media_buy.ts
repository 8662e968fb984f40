import { throwProblems, type Problem } from '../adcp/error.ts'
import { isOver } from '../adcp/media_buy_lifecycle.ts'
import type { MediaBuyUpdate } from '../adcp/media_buy_update.ts'
import type { Trx } from '../db/database.ts'
import { agreeChange, type AgreedChange, type Changer } from './change_media_buy/agree_change.ts'
import { applyChange } from './change_media_buy/apply_change.ts'
import { lockStanding, type Standing } from './change_media_buy/standing.ts'
import type { NeedsPeople } from './change_media_buy/why_person.ts'
import { moveMediaBuy } from './move_media_buy.ts'
import { recordAudit, type Actor } from './record.ts'

export interface Change {
  media_buy_id: string
  request: MediaBuyUpdate & { revision?: number | undefined }
  actor: Actor
  now: Date
}
export type ChangeOutcome =
  /** `changed` is false where everything was so before. */
  | { type: 'done'; affected: string[]; changed: boolean }
  /** Nothing is changed before a person has agreed. */
  | ({ type: 'needs_person'; standing: Standing; agreed: AgreedChange; affected: string[] } & NeedsPeople)
  | { type: 'not_found' }

/**
 * Changes an accepted media buy of a principal: pauses, resumes or cancels it, or gives it other packages, money or dates. Whoever
 * comes second sees what the first one left. @throws AdcpError with all that is wrong, and CONFLICT when `revision` is not the
 * present one.
 */
export async function changeMediaBuy(
  trx: Trx,
  changer: Changer,
  { media_buy_id, request, actor, now }: Change,
): Promise<ChangeOutcome> {
  const standing = await lockStanding(trx, changer, media_buy_id, request)
  if (!standing) return { type: 'not_found' }
  throwProblems(stateProblems(standing, request))
  if (request.canceled) {
    await cancel(trx, standing, request.cancellation_reason, actor, now)
    return { type: 'done', affected: [], changed: true }
  }
  const agreed = await agreeChange(trx, changer, standing, request, now)
  const affected = affectedBy(request, agreed)
  if (agreed.needs_person !== undefined)
    return { type: 'needs_person', ...agreed.needs_person, standing, agreed, affected }
  const revision = await applyChange(trx, standing, agreed, { actor, now, paused: request.paused })
  return { type: 'done', affected, changed: revision !== standing.revision }
}

/** The packages a change names, and those it adds. */
export function affectedBy({ packages = [] }: MediaBuyUpdate, { added }: AgreedChange): string[] {
  return [...packages, ...added].map(({ package_id }) => package_id)
}

function stateProblems({ status, revision }: Standing, request: Change['request']): Problem[] {
  if (request.revision !== undefined && request.revision !== revision)
    return [
      {
        code: 'CONFLICT',
        message: `The media buy is at revision ${revision} by now.`,
        field: 'revision',
        suggestion: 'See it with get_media_buys, then send the change again with its revision and a new key.',
      },
    ]
  if (!isOver(status)) return []
  const again = request.canceled === true && status === 'canceled'
  return [
    {
      code: again ? 'NOT_CANCELLABLE' : 'INVALID_STATE',
      message: again
        ? 'This media buy is canceled already.'
        : `This media buy is ${status}; it takes no change.`,
      field: 'media_buy_id',
      suggestion: 'Make a new one with create_media_buy.',
    },
  ]
}

async function cancel(trx: Trx, standing: Standing, reason: string | undefined, actor: Actor, now: Date) {
  const { tenant_id, media_buy_id } = standing
  const move = { tenant_id, media_buy_id, to: 'canceled', action: 'canceled', now } as const
  const revision = await moveMediaBuy(trx, actor, { ...move, ...(reason !== undefined && { reason }) })
  await recordAudit(trx, actor, {
    tenant_id,
    action: 'cancel_media_buy',
    subject_kind: 'media_buy',
    subject_id: media_buy_id,
    detail: { revision },
  })
}
