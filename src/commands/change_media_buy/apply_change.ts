import { sql } from 'kysely'
import { jsonb, type Trx } from '../../db/database.ts'
import { assignCreatives } from '../assign_creatives.ts'
import { addPackages } from '../media_buy_terms/add_packages.ts'
import { withoutTokens } from '../../adcp/request_hash.ts'
import { keepCreatives } from '../keep_creatives.ts'
import { creativeDeadline } from '../media_buy_terms/flight.ts'
import { moveMediaBuy } from '../move_media_buy.ts'
import { placeMediaBuy } from '../place_media_buy.ts'
import { recordAudit, recordEvent, type Actor } from '../record.ts'
import { isReady } from '../start_ready_media_buys.ts'
import type { AgreedChange } from './agree_change.ts'
import type { PackageChange } from './draft_change.ts'
import { holdsDifferently, releaseReservations, replaceReservations } from './hold.ts'
import type { Standing } from './standing.ts'

export interface Applying {
  actor: Actor
  now: Date
  /** Whether the buy is to stand still; undefined: as it does. */
  paused: boolean | undefined
  /** What a person has agreed to. */
  approved_budget?: string
}

/**
 * Writes an agreed change with everything that follows from it: packages, reservations, creatives, history, one revision more,
 * and word to the ad servers. Returns the revision; one that changes nothing leaves it as it is.
 */
export async function applyChange(
  trx: Trx,
  standing: Standing,
  agreed: AgreedChange,
  applying: Applying,
): Promise<number> {
  const { tenant_id, media_buy_id } = standing
  const { actor, now, paused } = applying
  const turns = paused !== undefined && paused !== (standing.status === 'paused')
  if (agreed.notes.length === 0 && !turns) return standing.revision
  const revision = standing.revision + 1

  await keepCreatives(trx, standing, agreed.creatives, now)
  for (const change of agreed.changes) await writePackage(trx, standing, change, applying)
  await writeReservations(trx, standing, agreed, now)
  const last = Math.max(...standing.packages.map(({ position }) => position))
  await addPackages(trx, standing, agreed.added, last + 1, now)
  for (const { any_time: _, summary, ...event } of agreed.notes)
    await recordEvent(trx, actor, { tenant_id, media_buy_id, revision, ...event, detail: { summary } })
  await writeBuy(trx, standing, agreed, applying)

  const move = { tenant_id, media_buy_id, now }
  if (turns)
    await moveMediaBuy(trx, actor, {
      ...move,
      to: paused ? 'paused' : 'active',
      action: paused ? 'paused' : 'resumed',
    })
  else if (standing.status === 'pending_creatives' && (await isReady(trx, media_buy_id)))
    await moveMediaBuy(trx, actor, { ...move, to: 'pending_start', action: 'creatives_assigned' })
  else
    await trx
      .updateTable('media_buys')
      .set({ revision, updated_at: now })
      .where('media_buy_id', '=', media_buy_id)
      .execute()
  await recordAudit(trx, actor, {
    tenant_id,
    action: 'update_media_buy',
    subject_kind: 'media_buy',
    subject_id: media_buy_id,
    detail: { revision },
  })
  await placeMediaBuy(trx, { tenant_id, media_buy_id, revision })
  return revision
}

async function writeBuy(
  trx: Trx,
  standing: Standing,
  agreed: AgreedChange,
  { now, approved_budget }: Applying,
) {
  const { flight, total_budget } = agreed
  const { start_time, end_time, creative_deadline, media_buy_id } = standing
  const stale =
    flight.start.getTime() !== start_time.getTime() || creative_deadline?.getTime() === end_time.getTime()
  await trx
    .updateTable('media_buys')
    .set({
      total_budget,
      start_time: flight.start,
      end_time: flight.end,
      ...(stale && { creative_deadline: creativeDeadline(flight, now) }),
      ...(approved_budget !== undefined && { approved_budget }),
    })
    .where('media_buy_id', '=', media_buy_id)
    .execute()
}

async function writePackage(
  trx: Trx,
  { principal_id }: Standing,
  { asked, before, after, shows }: PackageChange,
  { now }: Applying,
) {
  const { package_id } = before
  const { flight, targeting_overlay, context, budget, ...rest } = after
  await trx
    .updateTable('media_packages')
    .set(
      asked?.canceled
        ? {
            canceled: true,
            canceled_at: now,
            canceled_by: 'buyer',
            cancellation_reason: asked.cancellation_reason ?? null,
          }
        : {
            ...rest,
            budget: budget.toFixed(2),
            start_time: flight.start,
            end_time: flight.end,
            targeting_overlay: targeting_overlay && jsonb(withoutTokens(targeting_overlay)),
            context: context && jsonb(context),
          },
    )
    .where('package_id', '=', package_id)
    .execute()
  if (asked?.canceled || shows?.replaces)
    await trx
      .deleteFrom('creative_assignments')
      .where('package_id', '=', package_id)
      .where('creative_id', '<>', sql<string>`all(${idsOf(shows)}::text[])`)
      .execute()
  const assignments = (shows?.creatives ?? []).map((item) => ({ ...item, package_id }))
  await assignCreatives(trx, principal_id, assignments, now)
}

const idsOf = (shows: PackageChange['shows']) =>
  (shows?.creatives ?? []).map(({ creative_id }) => creative_id)

async function writeReservations(trx: Trx, { tenant_id }: Standing, agreed: AgreedChange, now: Date) {
  const { changes, added, holds } = agreed
  const packagesOf = (some: readonly PackageChange[]) => some.map(({ before }) => before.package_id)
  const canceled = packagesOf(changes.filter(({ asked }) => asked?.canceled))
  const moved = packagesOf(changes.filter(holdsDifferently))
  await releaseReservations(trx, canceled, now)
  // those of added packages are written with them
  const own = holds.filter(({ package_id }) => !added.some((item) => item.package_id === package_id))
  await replaceReservations(trx, tenant_id, moved, own, now)
}
