import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { AdServerAdapter } from '../../adapters/adapter.ts'
import { tellPeople } from '../../commands/tell_people.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import { planSteps, type StepPlan } from './plan.ts'
import { readApprovedBuy, type Fulfilment, type Step } from './read.ts'
import { standingAfter } from './standing.ts'
import { busy, dropOpenSteps, isWanted, lockBuy } from './write.ts'

/**
 * Plans from what stands to what is wanted now, and stores the steps before the first of them is carried out. Steps of an
 * earlier plan that were not carried out are dropped, and what a person was asked about them is void. None of them may be in
 * doubt. Returns how many steps there are. @throws AdapterError, and then nothing has changed
 */
export function replan(
  db: Db,
  fulfilment: Fulfilment,
  steps: readonly Step[],
  adapter: AdServerAdapter,
  now: Date,
): Promise<number> {
  const { fulfilment_id, media_buy_id, desired_revision } = fulfilment
  return db.transaction().execute(async (trx) => {
    const { status } = await lockBuy(trx, media_buy_id)
    const standing = standingAfter(steps.flatMap(({ state, effects }) => (state === 'done' ? effects : [])))
    const plan = planSteps(adapter, standing, {
      buy: await readApprovedBuy(trx, fulfilment),
      over: !isWanted(status, fulfilment),
      approval: steps.find(({ kind }) => kind === 'await_approval'),
    })
    await drop(trx, fulfilment, now)
    const position = steps.length
    const rows = plan.map((step, i) => stepRow(fulfilment, step, position + i))
    if (rows.length > 0) await trx.insertInto('fulfilment_steps').values(rows).execute()
    const takenBack = !isWanted(status, fulfilment) && standing.ordered
    await trx
      .updateTable('fulfilments')
      .set({ planned_revision: desired_revision, updated_at: now })
      .$if(rows.length > 0, (q) => q.set({ state: takenBack ? 'changing' : busy(fulfilment) }))
      .where('fulfilment_id', '=', fulfilment_id)
      .execute()
    return rows.length
  })
}

async function drop(trx: Trx, fulfilment: Fulfilment, now: Date) {
  await dropOpenSteps(trx, fulfilment)
  const questions = await trx
    .updateTable('workflow_steps')
    .set({ status: 'canceled', updated_at: now, reason: 'The order changed, and the question is void.' })
    .where('fulfilment_id', '=', fulfilment.fulfilment_id)
    .where('kind', '=', 'needs_human')
    .where('status', '=', 'pending')
    .returning(['tenant_id', 'workflow_step_id'])
    .execute()
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
