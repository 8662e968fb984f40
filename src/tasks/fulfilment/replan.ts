import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { sql } from 'kysely'
import type { AdServerAdapter } from '../../adapters/adapter.ts'
import { tellPeople } from '../../commands/tell_people.ts'
import { flushedLater, jsonb, type Db, type Trx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import { planSteps, type StepPlan } from './plan.ts'
import { lockApprovedBuy, stepOf, type Fulfilment, type Order, type Step } from './read.ts'
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
    const planned = await insertSteps(
      trx,
      plan.map((step, i) => stepRow(fulfilment, step, steps.length + i)),
    )
    const state = !wanted && standing.ordered ? 'changing' : busy(fulfilment)
    const after = {
      planned_revision: fulfilment.desired_revision,
      ...(planned.length > 0 && { state }),
    }
    await writePlan(trx, fulfilment, after, now)
    return {
      fulfilment: { ...fulfilment, ...after },
      steps: [
        ...steps.map((step) => (isOpen(step) ? { ...step, state: 'dropped' as const } : step)),
        ...planned,
      ],
    }
  })
}

async function insertSteps(trx: Trx, rows: ReturnType<typeof stepRow>[]): Promise<Step[]> {
  if (rows.length === 0) return []
  const inserted = await trx.insertInto('fulfilment_steps').values(rows).returningAll().execute()
  return inserted.map(stepOf).sort((a, b) => a.position - b.position)
}

/** Nobody outside hears of a plan before its first intent, which brings it to disk; of a question that is void now, people do. */
async function writePlan(trx: Trx, { fulfilment_id }: Fulfilment, after: Partial<Fulfilment>, now: Date) {
  const questions = await trx
    .with('planned', (q) =>
      q
        .updateTable('fulfilments')
        .from(sql`(select ${flushedLater})`.as('flushed'))
        .set({ ...after, updated_at: now })
        .where('fulfilment_id', '=', fulfilment_id),
    )
    .updateTable('workflow_steps')
    .set({ status: 'canceled', updated_at: now, reason: 'The order changed, and the question is void.' })
    .where('fulfilment_id', '=', fulfilment_id)
    .where('kind', '=', 'needs_human')
    .where('status', '=', 'pending')
    .returning(['tenant_id', 'workflow_step_id'])
    .execute()
  if (questions.length > 0) await sql`set local synchronous_commit to default`.execute(trx)
  for (const { tenant_id, workflow_step_id } of questions)
    await tellPeople(trx, { tenant_id, kind: 'needs_human_settled', subject_id: workflow_step_id, now })
}

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
    body: jsonb(body),
    body_hash,
    revision: desired_revision,
    effects: jsonb(effects),
  }
}
