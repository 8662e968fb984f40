import type { Problem } from '../../adcp/error.ts'
import type { PackageUpdate } from '../../adcp/media_buy_update.ts'

type Overlay = Record<string, unknown>
interface Keyword {
  keyword: string
  match_type: string
}
const lists = ['keyword_targets', 'negative_keywords'] as const

/** The targeting of a package after an update: replaced if one came, then with single keywords added and taken away. */
export function overlayAfter(before: Overlay | null, asked: PackageUpdate): Overlay | null {
  const overlay: Overlay = { ...(asked.targeting_overlay ?? before) }
  for (const list of lists) {
    const added = asked[`${list}_add`] ?? []
    const removed = asked[`${list}_remove`] ?? []
    if (added.length + removed.length === 0) continue
    const kept = new Map(((overlay[list] ?? []) as Keyword[]).map((word) => [identity(word), word]))
    for (const word of removed) kept.delete(identity(word))
    for (const word of added) kept.set(identity(word), word)
    delete overlay[list]
    if (kept.size > 0) overlay[list] = [...kept.values()]
  }
  return Object.keys(overlay).length > 0 ? overlay : null
}

const identity = ({ keyword, match_type }: Keyword) => JSON.stringify([keyword, match_type])

/** A list is replaced or added to; both at once could mean two things. */
export function keywordProblems(field: string, asked: PackageUpdate): Problem[] {
  return lists
    .filter((list) => asked.targeting_overlay?.[list] && (asked[`${list}_add`] ?? asked[`${list}_remove`]))
    .map((list) => ({
      code: 'INVALID_REQUEST',
      message: `${list} is replaced and changed at once.`,
      field: `${field}.targeting_overlay.${list}`,
      suggestion: `Give the whole list here, or use ${list}_add and ${list}_remove without it.`,
    }))
}
