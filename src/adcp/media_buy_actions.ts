import type { MediaBuyStatus } from '../db/schema.ts'
import { isOver } from './media_buy_lifecycle.ts'
import type { AdcpVersion } from './version.ts'

/** What a buyer may do to a media buy, in the words of 3.1 (enums/media-buy-valid-action.json). */
export type MediaBuyAction = (typeof always)[number] | (typeof changes)[number] | 'pause' | 'resume'
/** What is possible even while a person thinks about a change. */
const always = ['cancel', 'update_creative_assignments', 'replace_creative', 'remove_creative'] as const
const changes = [
  'extend_flight',
  'shorten_flight',
  'update_flight_dates',
  'increase_budget',
  'decrease_budget',
  'reallocate_budget',
  'update_targeting',
  'update_frequency_caps',
  'update_pacing',
  'add_packages',
  'remove_packages',
] as const
/** The words 3.0 has for several of them at once, by one that stands for them. */
const coarse: readonly (readonly [string, MediaBuyAction])[] = [
  ['update_budget', 'increase_budget'],
  ['update_dates', 'update_flight_dates'],
  ['update_packages', 'update_targeting'],
  ['sync_creatives', 'update_creative_assignments'],
]
const words3_0: readonly string[] = ['pause', 'resume', 'cancel', 'add_packages']

/** What of a media buy decides what its buyer may do. */
export interface Actionable {
  status: MediaBuyStatus
  /** A change of it waits for a person. */
  update_pending: boolean
  /** One of its packages is of a product a person sells. */
  person_sells: boolean
  /** The publisher looks at large buys. */
  person_looks_at_budgets: boolean
  /** Every ad server of its packages can cap frequency. */
  caps_frequency: boolean
}

/**
 * Everything a buyer may do to a media buy now, and nothing else: update_media_buy takes these and refuses the others. A buy may
 * be changed as soon as it is accepted, before it runs (AdCP asks for less then, and allows this).
 */
function actionsOn({ status, update_pending, caps_frequency }: Actionable): MediaBuyAction[] {
  if (isOver(status) || status === 'pending_approval') return []
  const able = changes.filter((action) => caps_frequency || action !== 'update_frequency_caps')
  return [status === 'paused' ? 'resume' : 'pause', ...always, ...(update_pending ? [] : able)]
}

/** The list 3.0 knows; to a buyer of 3.1 with its finer words too. */
export function validActions(buy: Actionable, version: AdcpVersion): string[] {
  const fine = actionsOn(buy)
  const old = coarse.filter(([, one]) => fine.includes(one)).map(([word]) => word)
  return version === '3.1' ? [...fine, ...old] : [...fine.filter((word) => words3_0.includes(word)), ...old]
}

/** The list of 3.1, which tells as well where a person may have to agree (core/media-buy-available-action.json). */
export function availableActions(buy: Actionable): { action: MediaBuyAction; mode: string }[] {
  return actionsOn(buy).map((action) => ({
    action,
    mode: mayNeedPerson(action, buy) ? 'conditional_self_serve' : 'self_serve',
  }))
}

function mayNeedPerson(
  action: MediaBuyAction,
  { person_sells, person_looks_at_budgets }: Actionable,
): boolean {
  switch (action) {
    case 'add_packages':
      return true
    case 'increase_budget':
    case 'reallocate_budget':
      return person_sells || person_looks_at_budgets
    case 'extend_flight':
    case 'update_flight_dates':
      return person_sells
    default:
      return false
  }
}
