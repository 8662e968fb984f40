import { throwProblems, type Problem } from '../../adcp/error.ts'
import type { MediaBuyUpdate } from '../../adcp/media_buy_update.ts'
import type { Trx } from '../../db/database.ts'
import { readRules } from '../../queries/approval_policy.ts'
import { readLimits } from '../../queries/limits.ts'
import type { Judged } from '../judge_creatives.ts'
import { creativeProblems, judgeDraftCreatives } from '../media_buy_terms/creative_checks.ts'
import {
  agreedPackage,
  draftPackages,
  offerProblems,
  type AgreedPackage,
  type Draft,
} from '../media_buy_terms/draft.ts'
import { packageFlightProblems, type Flight } from '../media_buy_terms/flight.ts'
import { readStandingOffers } from '../media_buy_terms/offer.ts'
import { productProblems } from '../media_buy_terms/package_checks.ts'
import { checkAvailability } from '../media_buy_terms/availability.ts'
import type { Hold } from '../media_buy_terms/reserve.ts'
import { unsupportedInPackages } from '../media_buy_terms/unsupported.ts'
import { buyProblems, flightAfter, unsupportedInBuy } from './buy_problems.ts'
import { asRequest, draftChanges, type PackageChange } from './draft_change.ts'
import { holdsOf } from './hold.ts'
import { moneyProblems, totalAfter } from './money_problems.ts'
import { asksForSomething, notesOf, type Note } from './notes.ts'
import { changeProblems, namingProblems } from './package_problems.ts'
import { whyPerson, type NeedsPeople } from './why_person.ts'
import type { Standing } from './standing.ts'

/** A change nothing is wrong with, ready to be written. */
export interface AgreedChange {
  changes: PackageChange[]
  added: AgreedPackage[]
  /** Creatives that came with the packages. */
  creatives: Judged[]
  /** What changed and added packages hold from today on. */
  holds: Hold[]
  flight: Flight
  /** Decimal text. */
  total_budget: string
  notes: Note[]
  /** Why people at the publisher must agree first, and how many; undefined when nobody has to. */
  needs_person: NeedsPeople | undefined
}
/** Who asks, and what it may buy. */
export interface Changer {
  tenant_id: string
  principal_id: string
  sandbox: boolean
  allowed_product_ids: readonly string[] | null
}

/**
 * Checks a change of a locked media buy against what stands and what is on sale, and either agrees to it or tells everything
 * that is wrong with it at once; then, with the products locked, availability. @throws AdcpError
 */
export async function agreeChange(
  trx: Trx,
  changer: Changer,
  standing: Standing,
  request: MediaBuyUpdate,
  now: Date,
): Promise<AgreedChange> {
  const { packages = [], new_packages = [] } = request
  const limits = await readLimits(trx, changer)
  const flight = flightAfter(standing, request, now)
  const sold = await readStandingOffers(trx, changer, productsOf(standing))
  const changes = draftChanges(standing, request, flight, sold)
  const fresh = await draftPackages(trx, changer, new_packages, flight, 'new_packages')
  const added = fresh.flatMap(agreedPackage)
  const notes = notesOf(standing, changes, added, flight)
  const showing = [...changes.flatMap(withCreatives), ...fresh]
  const inline = await judgeDraftCreatives(trx, changer, showing, standing.account.account_id, now)
  const total_budget = totalAfter(standing, changes, fresh)

  throwProblems([
    ...(asksForSomething(request) ? [] : [nothingAsked]),
    ...namingProblems(standing, request),
    ...unsupportedInBuy(request),
    ...unsupportedInPackages(packages, 'packages'),
    ...unsupportedInPackages(new_packages, 'new_packages'),
    ...fresh.flatMap((item) => freshProblems(item, flight, now)),
    ...(await creativeProblems(trx, changer, showing)),
    ...inline.problems,
    ...changes.flatMap((change) => creativesTooLate(change, standing, now)),
    ...changes.flatMap((change) => changeProblems(change, flight, now)),
    ...buyProblems(standing, request, flight, limits.max_flight_days, now),
    ...moneyProblems(standing, changes, fresh, total_budget, limits),
    ...pendingProblems(standing, notes),
  ])
  const holds = [...(await holdsOf(trx, changes, now)), ...added]
  const { problems, unsure } = await checkAvailability(trx, changer.tenant_id, holds, now)
  throwProblems(problems)
  const rules = (await readRules(trx, changer))(standing.currency)
  const needs_person = whyPerson(standing, { changes, added, unsure, total: Number(total_budget) }, rules)
  return { changes, added, creatives: inline.judged, holds, flight, total_budget, notes, needs_person }
}

const productsOf = ({ packages }: Standing) => packages.map(({ product_id }) => product_id)

const withCreatives = (change: PackageChange) =>
  change.asked?.canceled ? [] : [{ ...change, request: asRequest(change) }]

function freshProblems(draft: Draft, flight: Flight, now: Date): Problem[] {
  const { field, request, offer } = draft
  return [
    ...productProblems(field, request, offer),
    ...offerProblems(draft, flight),
    ...packageFlightProblems(field, offer, draft.flight, flight, now),
  ]
}

function creativesTooLate({ field, shows }: PackageChange, standing: Standing, now: Date): Problem[] {
  const { creative_deadline } = standing
  if (!shows || !creative_deadline || creative_deadline >= now) return []
  return [
    {
      code: 'CREATIVE_DEADLINE_EXCEEDED',
      message: 'The creative_deadline of this media buy has passed.',
      field: `${field}.creative_assignments`,
      suggestion: 'See creative_deadline in get_media_buys, or ask the publisher.',
    },
  ]
}

/** While a person thinks about one change there is no second; what stops the buy, or goes on with it, stays possible. */
function pendingProblems({ update_pending }: Standing, notes: readonly Note[]): Problem[] {
  if (!update_pending || notes.every(({ any_time }) => any_time)) return []
  return [
    {
      code: 'INVALID_STATE',
      message: 'Another change of this media buy waits for a person at the publisher.',
      field: 'media_buy_id',
      suggestion:
        'Follow it with tasks_list and tasks_get and send this one when it is decided. Pausing and canceling are possible now.',
    },
  ]
}

const nothingAsked: Problem = {
  code: 'INVALID_REQUEST',
  message: 'There is nothing to change.',
  suggestion: 'Give paused, canceled, dates, packages or new_packages.',
}
