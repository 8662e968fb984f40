import type { Selectable } from 'kysely'
import type { StepKind } from '../../adapters/adapter.ts'
import { compiled } from '../../db/compiled.ts'
import type { Db } from '../../db/database.ts'
import type { DB } from '../../db/schema.ts'
import type { StepPlan } from './plan.ts'
import type { Effect } from './standing.ts'

/** Also with the name of its ad server. */
export type Fulfilment = Order['fulfilment']
export type Step = ReturnType<typeof stepOf>
/** A step that the ad server carries out. */
export type SentStep = Step & { kind: StepKind }
export const isSent = (step: Step): step is SentStep => step.kind !== 'by_hand'
/**
 * A fulfilment and its steps in the order they are carried out, as they were when they were read; whoever holds its lock may go on with
 * what it wrote itself.
 */
export type Order = NonNullable<Awaited<ReturnType<typeof readOrder>>>

/** In one question: a new order waits for each. */
export async function readOrder(db: Db, fulfilment_id: string) {
  const rows = (await selectOrder(db, { fulfilment_id })).map(
    ({ tenant_id, media_buy_id, on, stands, desired, planned, applied, placed_at, connection, ...step }) => ({
      fulfilment: {
        ...{ fulfilment_id, tenant_id, media_buy_id, connection_id: on, connection, state: stands },
        ...{ desired_revision: desired, planned_revision: planned, applied_revision: applied, placed_at },
      },
      step: step.fulfilment_step_id === null ? [] : [stepOf(step as Selectable<DB['fulfilment_steps']>)],
    }),
  )
  const steps: readonly Step[] = rows.flatMap(({ step }) => step)
  return rows[0] && { fulfilment: rows[0].fulfilment, steps }
}

const selectOrder = compiled((db, { fulfilment_id }: { fulfilment_id: string }) =>
  db
    .selectFrom('fulfilments as f')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'f.connection_id')
    .leftJoin('fulfilment_steps as step', 'step.fulfilment_id', 'f.fulfilment_id')
    .select(['f.tenant_id', 'f.media_buy_id', 'f.placed_at', 'connection.name as connection'])
    // what a step has as well, under another name
    .select(['f.connection_id as on', 'f.state as stands', 'f.desired_revision as desired'])
    .select(['f.planned_revision as planned', 'f.applied_revision as applied'])
    .selectAll('step')
    .where('f.fulfilment_id', '=', fulfilment_id)
    .orderBy('step.position'),
)

/** A step as the worker knows it. */
export const stepOf = (row: Selectable<DB['fulfilment_steps']>) => ({
  ...row,
  kind: row.kind as StepPlan['kind'],
  effects: row.effects as unknown as readonly Effect[],
  body: row.body as Record<string, unknown>,
  external_ids: row.external_ids as Record<string, string>,
})
