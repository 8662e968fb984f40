import canonicalize from 'canonicalize'
import {
  packageFields,
  type ApprovedBuy,
  type ApprovedPackage,
  type Change,
  type PackageField,
} from '../../adapters/adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { uploadOf, type Effect, type Standing, type StandingPackage } from './standing.ts'

/** A change, what it makes true, and what an ad server must be able to do for it. */
export interface WantedChange {
  change: Change
  effect: Effect
  needs: Capabilities['changes'][number]
}

/** What an ad server must be told so that what stands there becomes what is wanted; null: nothing is wanted any more. What stops spending comes first. */
export function changesBetween(standing: Standing, wanted: ApprovedBuy | null): WantedChange[] {
  if (!standing.ordered || standing.canceled) return []
  if (!wanted) return [{ change: { kind: 'cancel_order' }, effect: { type: 'canceled' }, needs: 'cancel' }]
  const live = [...standing.packages].filter(([, { canceled }]) => !canceled)
  const pairs = live.flatMap(([package_id, now]) => {
    const then = wanted.packages.find((item) => item.package_id === package_id)
    return then ? [{ now, then }] : []
  })
  const gone = live.filter(([id]) => wanted.packages.every(({ package_id }) => package_id !== id))
  return [
    ...gone.map(([package_id]) => cancelPackage(package_id)),
    ...pairs.filter(({ now, then }) => !now.paused && then.paused).map(({ then }) => pause(then)),
    ...pairs.flatMap(({ now, then }) => updates(now, then)),
    ...uploads(standing, pairs),
    ...pairs.flatMap(({ now, then }) => attachments(now, then)),
    ...pairs.flatMap(({ now, then }) => detachments(now, then)),
    ...pairs.filter(({ now, then }) => now.paused && !then.paused).map(({ then }) => resume(then)),
  ]
}

interface Pair {
  now: StandingPackage
  then: ApprovedPackage
}

const cancelPackage = (package_id: string): WantedChange => ({
  change: { kind: 'cancel_line_item', package_id },
  effect: { type: 'package_canceled', package_id },
  needs: 'cancel_package',
})
const pause = ({ package_id }: ApprovedPackage): WantedChange => ({
  change: { kind: 'pause_line_item', package_id },
  effect: { type: 'paused', package_id },
  needs: 'pause',
})
const resume = ({ package_id }: ApprovedPackage): WantedChange => ({
  change: { kind: 'resume_line_item', package_id },
  effect: { type: 'resumed', package_id },
  needs: 'resume',
})

const needs: Record<PackageField, WantedChange['needs']> = {
  budget: 'budget',
  impressions: 'impressions',
  bid_price: 'bid_price',
  pacing: 'pacing',
  start_time: 'dates',
  end_time: 'dates',
  targeting_overlay: 'targeting',
}

/** One for each ability needed; the planner sends together what one ad server can do. */
function updates({ fields: now }: StandingPackage, then: ApprovedPackage): WantedChange[] {
  const changed = packageFields.filter((name) => canonicalize([now[name]]) !== canonicalize([then[name]]))
  const abilities = [...new Set(changed.map((name) => needs[name]))]
  return abilities.map((ability) => {
    const names = changed.filter((name) => needs[name] === ability)
    const fields = Object.fromEntries(names.map((name) => [name, then[name]]))
    const { package_id } = then
    return {
      change: { kind: 'update_line_item', package_id, fields },
      effect: { type: 'package', package_id, fields },
      needs: ability,
    }
  })
}

function uploads(standing: Standing, pairs: Pair[]): WantedChange[] {
  const all = new Map(pairs.flatMap(({ then }) => then.creatives).map((item) => [uploadOf(item), item]))
  return [...all.values()]
    .filter((item) => !standing.uploads.has(uploadOf(item)))
    .map((creative) => {
      const { creative_id, version } = creative
      return {
        change: { kind: 'upload_creative', creative },
        effect: { type: 'uploaded', creative: { creative_id, version } },
        needs: 'add_creatives',
      }
    })
}

/** A creative is attached first and given its weight then: not every ad server that can do the one can do the other. */
function attachments({ creatives: now }: StandingPackage, { package_id, creatives }: ApprovedPackage) {
  return creatives.flatMap(({ creative_id, version, weight }): WantedChange[] => {
    const shown = now.get(uploadOf({ creative_id, version }))
    const attach = (as: number | null, ability: WantedChange['needs']): WantedChange => {
      const creative = { creative_id, version, weight: as }
      return {
        change: { kind: 'attach_creative', package_id, creative },
        effect: { type: 'shown', package_id, creative },
        needs: ability,
      }
    }
    return [
      ...(shown ? [] : [attach(null, 'add_creatives')]),
      ...((shown?.weight ?? null) === weight ? [] : [attach(weight, 'creative_weights')]),
    ]
  })
}

function detachments({ creatives: now }: StandingPackage, { package_id, creatives }: ApprovedPackage) {
  const wanted = new Set(creatives.map(uploadOf))
  return [...now].flatMap(([key, { creative }]): WantedChange[] =>
    wanted.has(key)
      ? []
      : [
          {
            change: { kind: 'detach_creative', package_id, creative },
            effect: { type: 'hidden', package_id, creative },
            needs: 'remove_creatives',
          },
        ],
  )
}
