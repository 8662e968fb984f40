import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { sql, type Insertable } from 'kysely'
import type { AdServerAdapter } from '../../adapters/adapter.ts'
import { tellPeople } from '../../commands/tell_people.ts'
import { compiledWrite } from '../../db/compiled.ts'
import { flushedLater, type Db, type Trx } from '../../db/database.ts'
import type { DB, FulfilmentState } from '../../db/schema.ts'
import { newId } from '../../ids.ts'
import { planSteps, type StepPlan } from './plan.ts'
import { lockApprovedBuy } from './approved_buy.ts'
import { stepOf, type Fulfilment, type Order, type Step } from './read.ts'
import { standingAfter } from './standing.ts'
import { isOpen } from './states.ts'
import { busy, dropOpenSteps, isWanted } from './write.ts'

/**
 * Plans from what stands to what is wanted now, and stores the steps before the first of them is carried out. Steps of an
 * earlier plan that were not carried out are dropped, and what a person was asked about them is void. None of them may be in
 * doubt. Returns the order as it is then. @throws AdapterError, and then nothing has changed
 */
export function replan(db: Db, order: Order, adapter: AdServerAdapter, now: Date): Promise<Order> {
  const { fulfilment, steps } = order
  return db.transaction().execute(async (trx) => {
    const { status, buy } = await lockApprovedBuy(trx, fulfilment)
    const standing = standingAfter(steps.flatMap(({ state, effects }) => (state === 'done' ? effects : [])))
    const wanted = isWanted(status, fulfilment)
    const approval = steps.find(({ kind }) => kind === 'await_approval')
    const plan = planSteps(adapter, standing, { buy, over: !wanted, approval })
    if (steps.some(isOpen)) await dropOpenSteps(trx, fulfilment)
    const rows = plan.map((step, i) => stepRow(fulfilment, step, steps.length + i))
    const state = !wanted && standing.ordered ? 'changing' : busy(fulfilment)
    const after = {
      planned_revision: fulfilment.desired_revision,
      ...(rows.length > 0 && { state }),
    }
    const { fulfilment_id } = fulfilment
    const added = await writePlan(trx, { fulfilment_id, ...after, now }, rows)
    return {
      fulfilment: { ...fulfilment, ...after },
      steps: [
        ...steps.map((step) => (isOpen(step) ? { ...step, state: 'dropped' as const } : step)),
        ...added,
      ],
    }
  })
}

interface Plan {
  fulfilment_id: string
  planned_revision: number
  state?: FulfilmentState
  now: Date
}

/** Nobody outside hears of a plan before its first intent, which brings it to disk; of a question that is void now, people do. */
async function writePlan(trx: Trx, plan: Plan, rows: Insertable<DB['fulfilment_steps']>[]): Promise<Step[]> {
  const written = rows.length > 0 ? await insertPlan(trx, { ...plan, rows }) : []
  const questions = rows.length > 0 ? (written[0]?.questions ?? []) : await updatePlan(trx, plan)
  if (questions.length > 0) await sql`set local synchronous_commit to default`.execute(trx)
  for (const { tenant_id, workflow_step_id: subject_id } of questions)
    await tellPeople(trx, { tenant_id, kind: 'needs_human_settled', subject_id, now: plan.now })
  return written.map(({ questions: _, ...step }) => stepOf(step)).sort((a, b) => a.position - b.position)
}

const updatePlan = compiledWrite((db, plan: Plan) =>
  planned(db, plan).selectFrom('questions').select(['tenant_id', 'workflow_step_id']),
)

type Question = Record<'tenant_id' | 'workflow_step_id', string>
/** In one statement, which a new order waits for. */
const insertPlan = compiledWrite(
  (db, { rows, ...plan }: Plan & { rows: Insertable<DB['fulfilment_steps']>[] }) =>
    planned(db, plan)
      .insertInto('fulfilment_steps')
      .values(rows)
      .returningAll()
      .returning(sql<Question[] | null>`(select json_agg(questions) from questions)`.as('questions')),
)

/** The fulfilment as planned, and what a person was asked about it before that, now void, as `questions`. */
const planned = (db: Db, { fulfilment_id, now, ...plan }: Plan) =>
  db
    .with('planned', (q) =>
      q
        .updateTable('fulfilments')
        .from(sql`(select ${flushedLater})`.as('flushed'))
        .set({ ...plan, updated_at: now })
        .where('fulfilment_id', '=', fulfilment_id),
    )
    .with('questions', (q) =>
      q
        .updateTable('workflow_steps')
        .set({ status: 'canceled', updated_at: now, reason: 'The order changed, and the question is void.' })
        .where('fulfilment_id', '=', fulfilment_id)
        .where('kind', '=', 'needs_human')
        .where('status', '=', 'pending')
        .returning(['tenant_id', 'workflow_step_id']),
    )

function stepRow(
  { fulfilment_id, connection_id, desired_revision }: Fulfilment,
  step: StepPlan,
  position: number,
) {
  const { kind, external_key, package_id, body, effects } = step
  const body_hash = createHash('sha256')
    .update(canonicalize(body) ?? '')
    .digest('hex')
  return {
    fulfilment_step_id: newId('fst'),
    fulfilment_id,
    connection_id,
    position,
    kind,
    external_key,
    package_id,
    body: JSON.stringify(body),
    body_hash,
    revision: desired_revision,
    effects: JSON.stringify(effects),
  }
}
