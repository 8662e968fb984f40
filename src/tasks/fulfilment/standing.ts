import type { ApprovedPackage, CreativeRef, PackageField } from '../../adapters/adapter.ts'

/** What is on an ad server for one media buy, as far as finished steps brought it there. */
export interface Standing {
  ordered: boolean
  canceled: boolean
  awaiting_approval: boolean
  packages: ReadonlyMap<string, StandingPackage>
  /** Those uploaded, as `creative_id:version`. */
  uploads: ReadonlySet<string>
}
export interface StandingPackage {
  fields: PackageFacts
  paused: boolean
  canceled: boolean
  /** What it shows and how often, by `creative_id:version`. */
  creatives: ReadonlyMap<string, { creative: CreativeRef; weight: number | null }>
}
type PackageFacts = Partial<Pick<ApprovedPackage, PackageField>>

/** What one step makes true once it is done, whoever does it: the ad server or a person by hand. */
export type Effect =
  | { type: 'ordered'; awaiting_approval: boolean }
  | { type: 'approved' | 'canceled' }
  | { type: 'package'; package_id: string; fields: PackageFacts }
  | { type: 'paused' | 'resumed' | 'package_canceled'; package_id: string }
  | { type: 'uploaded'; creative: CreativeRef }
  | { type: 'shown'; package_id: string; creative: CreativeRef & { weight: number | null } }
  | { type: 'hidden'; package_id: string; creative: CreativeRef }

const nothing: Standing = {
  ordered: false,
  canceled: false,
  awaiting_approval: false,
  packages: new Map(),
  uploads: new Set(),
}

/** What stands after these effects, in order. */
export function standingAfter(effects: readonly Effect[], before: Standing = nothing): Standing {
  return effects.reduce(after, before)
}

function after(before: Standing, effect: Effect): Standing {
  switch (effect.type) {
    case 'ordered':
      return { ...before, ordered: true, awaiting_approval: effect.awaiting_approval }
    case 'approved':
      return { ...before, awaiting_approval: false }
    case 'canceled':
      return { ...before, canceled: true }
    case 'uploaded':
      return { ...before, uploads: new Set([...before.uploads, uploadOf(effect.creative)]) }
    case 'package':
    case 'paused':
    case 'resumed':
    case 'package_canceled':
    case 'shown':
    case 'hidden': {
      const one = packageAfter(before.packages.get(effect.package_id) ?? fresh, effect)
      return { ...before, packages: new Map([...before.packages, [effect.package_id, one]]) }
    }
  }
}

const fresh: StandingPackage = { fields: {}, paused: false, canceled: false, creatives: new Map() }

function packageAfter(
  before: StandingPackage,
  effect: Extract<Effect, { package_id: string }>,
): StandingPackage {
  switch (effect.type) {
    case 'package':
      return { ...before, fields: { ...before.fields, ...effect.fields } }
    case 'paused':
    case 'resumed':
      return { ...before, paused: effect.type === 'paused' }
    case 'package_canceled':
      return { ...before, canceled: true }
    case 'shown': {
      const { weight, ...creative } = effect.creative
      const shown = [uploadOf(creative), { creative, weight }] as const
      return { ...before, creatives: new Map([...before.creatives, shown]) }
    }
    case 'hidden': {
      const others = [...before.creatives].filter(([key]) => key !== uploadOf(effect.creative))
      return { ...before, creatives: new Map(others) }
    }
  }
}

/** How an upload is known: a new version of a creative is another one. */
export const uploadOf = ({ creative_id, version }: CreativeRef) => `${creative_id}:${version}`
