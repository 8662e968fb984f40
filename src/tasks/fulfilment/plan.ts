import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { AdServerAdapter, PlannedStep } from '../../adapters/adapter.ts'
import { jsonb, type Db } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import { readApprovedBuy, readSteps, type Fulfilment, type Step } from './read.ts'

/** The steps of a fulfilment: those planned earlier, or planned now and stored before the first of them is carried out. @throws AdapterError */
export async function planSteps(db: Db, fulfilment: Fulfilment, adapter: AdServerAdapter): Promise<Step[]> {
  const planned = await readSteps(db, fulfilment.fulfilment_id)
  if (planned.length > 0) return planned
  const plan = adapter.planFulfilment(await readApprovedBuy(db, fulfilment))
  await db
    .insertInto('fulfilment_steps')
    .values(plan.map((step, position) => stepRow(fulfilment, step, position)))
    .execute()
  return readSteps(db, fulfilment.fulfilment_id)
}

function stepRow({ fulfilment_id, connection_id }: Fulfilment, step: PlannedStep, position: number) {
  const { kind, external_key, package_id, body } = step
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
  }
}
