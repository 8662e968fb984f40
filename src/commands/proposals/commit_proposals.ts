import { sql } from 'kysely'
import { throwProblems, type Problem } from '../../adcp/error.ts'
import { jsonb, type Trx } from '../../db/database.ts'
import { agreedPackage, draftPackages, offerProblems, type AgreedPackage } from '../media_buy_terms/draft.ts'
import { packageFlightProblems, type Flight } from '../media_buy_terms/flight.ts'
import { productProblems } from '../media_buy_terms/package_checks.ts'
import { checkAvailability } from '../media_buy_terms/availability.ts'
import { isCounted, reservationsOf } from '../media_buy_terms/reserve.ts'
import { recordAudit } from '../record.ts'
import { selectCommitted, toCommitted, type Committed } from './committed.ts'
import { insertionOrderFor, type InsertionOrderRule } from './insertion_order.ts'
import { packagesOf } from './packages_of.ts'
import type { Owner, Plan } from './plan.ts'

export interface Commitment {
  owner: Owner & { name: string }
  /** Whose advertising it is, where the buyer said. */
  advertiser: string | undefined
  now: Date
}
/** A draft and the field of the request that names it. */
export interface NamedPlan {
  field: string
  plan: Plan
}
interface Terms {
  name: string
  proposal_hold_hours: number
  insertion_order: InsertionOrderRule | null
}

/**
 * Promises the prices of these plans until the tenant's hold time is over, and what of guaranteed products they need; all of
 * them or none. One that is promised already stays as it is. The caller's transaction holds their rows until it ends.
 * @throws AdcpError for all that keeps any of them from being sold
 */
export async function commitProposals(
  trx: Trx,
  commitment: Commitment,
  named: readonly NamedPlan[],
): Promise<Committed[]> {
  const tenant = await readTerms(trx, commitment.owner.tenant_id)
  // in one order, so that two requests for the same proposals follow each other
  const sorted = named.toSorted((one, other) => (one.plan.proposal_id < other.plan.proposal_id ? -1 : 1))
  const fresh: NamedPlan[] = []
  for (const item of sorted) if (await keep(trx, commitment, tenant, item.plan)) fresh.push(item)
  await holdInventory(trx, commitment, tenant, fresh)
  const ids = named.map(({ plan }) => plan.proposal_id)
  const rows = await selectCommitted(trx, commitment.owner).where('proposal_id', 'in', ids).execute()
  const byId = new Map(rows.map((row) => [row.proposal_id, toCommitted(row)]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Writes the row, unless this proposal is promised already and neither bought nor expired; true if it wrote. */
async function keep(trx: Trx, { owner, advertiser, now }: Commitment, tenant: Terms, plan: Plan) {
  const { name, description, items, proposal_id, currency, budget, flight } = plan
  const order = insertionOrderFor(tenant.insertion_order, plan, { publisher: tenant.name, advertiser })
  const row = {
    plan: jsonb({ name, description, items }),
    currency,
    total_budget: budget,
    start_time: flight?.start ?? null,
    end_time: flight?.end ?? null,
    insertion_order: order && jsonb(order),
    committed_at: now,
    expires_at: expiryOf(tenant, now),
    media_buy_id: null,
  }
  const { tenant_id, principal_id } = owner
  const written = await trx
    .insertInto('proposals')
    .values({ tenant_id, principal_id, proposal_id, ...row })
    .onConflict((oc) =>
      oc
        .columns(['principal_id', 'proposal_id'])
        .doUpdateSet(row)
        .where(sql<boolean>`proposals.media_buy_id is not null or proposals.expires_at <= ${now}`),
    )
    .returning('proposal_id')
    .executeTakeFirst()
  return written !== undefined
}

const expiryOf = ({ proposal_hold_hours }: Terms, now: Date) =>
  new Date(now.getTime() + proposal_hold_hours * 3_600_000)

async function holdInventory(
  trx: Trx,
  { owner, now }: Commitment,
  tenant: Terms,
  named: readonly NamedPlan[],
): Promise<void> {
  const { tenant_id, principal_id } = owner
  const problems: Problem[] = []
  const held: { proposal_id: string; packages: AgreedPackage[] }[] = []
  for (const item of named) {
    const { packages, ...found } = await check(trx, owner, item, now)
    problems.push(...found.problems)
    held.push({ proposal_id: item.plan.proposal_id, packages })
  }
  throwProblems(problems)
  const all = held.flatMap(({ packages }) => packages)
  throwProblems((await checkAvailability(trx, tenant_id, all, now)).problems)
  for (const { proposal_id, packages } of held) {
    await releaseHolds(trx, { principal_id, proposal_id })
    const key = { principal_id, proposal_id, expires_at: expiryOf(tenant, now) }
    const rows = reservationsOf(tenant_id, packages).map(({ package_id: _none, ...row }) => ({
      ...row,
      ...key,
    }))
    if (rows.length > 0) await trx.insertInto('proposal_holds').values(rows).execute()
    await recordAudit(
      trx,
      { kind: 'buyer', name: owner.name },
      {
        tenant_id,
        action: 'finalize_proposal',
        subject_kind: 'proposal',
        subject_id: proposal_id,
      },
    )
  }
}

/** Gives back what a proposal held. */
export async function releaseHolds(trx: Trx, key: { principal_id: string; proposal_id: string }) {
  await trx
    .deleteFrom('proposal_holds')
    .where('principal_id', '=', key.principal_id)
    .where('proposal_id', '=', key.proposal_id)
    .execute()
}

/** Everything that keeps a plan from being sold as it stands; checked as a purchase would be, as far as budget and dates are known. */
async function check(trx: Trx, owner: Owner, { field, plan }: NamedPlan, now: Date) {
  const at = `${field}.proposal_id`
  const { budget, flight } = plan
  const open: Flight = flight ?? { start: now, end: now }
  const drafts = await draftPackages(trx, owner, packagesOf(plan, budget ?? 1e6).packages, open)
  const known = budget !== null && flight !== null
  const found = drafts.flatMap((draft) => [
    ...productProblems(draft.field, draft.request, draft.offer),
    ...(known ? offerProblems(draft, open) : []),
    ...(flight ? packageFlightProblems(draft.field, draft.offer, flight, flight, now) : []),
  ])
  const limited = drafts.some(({ offer, price }) => offer && price && isCounted({ offer, price }))
  const problems = found.map((problem) => ({ ...problem, field: at }))
  if (limited && !known) problems.push(unknownNeeds(plan))
  return { problems, packages: known ? drafts.flatMap(agreedPackage) : [] }
}

/** Inventory is held for days and amounts; where neither is known a promise to hold it would be none. */
function unknownNeeds({ flight }: Plan): Problem & { field: string } {
  return {
    code: 'INVALID_REQUEST',
    message: 'This proposal has guaranteed products: to hold them, budget and dates must be known.',
    field: flight === null ? 'filters.start_date' : 'filters.budget_range',
    suggestion: 'Finalize it with filters.start_date, filters.end_date and filters.budget_range.max.',
  }
}

async function readTerms(trx: Trx, tenant_id: string): Promise<Terms> {
  const row = await trx
    .selectFrom('tenants')
    .select(['name', 'proposal_hold_hours', 'insertion_order'])
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirstOrThrow()
  return { ...row, insertion_order: row.insertion_order as InsertionOrderRule | null }
}
