import { jsonb, type Trx } from '../../db/database.ts'
import type { Due } from './due.ts'

interface Scheduled {
  next_at: Date
  failures: number
  last_error: { code: string; message: string } | null
  /** With a forecast that came. */
  generation?: number
  as_of?: Date
}

/** Writes how asking about a product ended and when it is asked about next. False if another worker has done so since `due` was read. */
export async function schedule(trx: Trx, due: Due, { last_error, ...rest }: Scheduled): Promise<boolean> {
  const { tenant_id, product_id, connection_id, generation } = due
  const row = {
    ...rest,
    connection_id,
    asked_of: jsonb(due.ad_server_config),
    last_error: last_error && jsonb(last_error),
  }
  const written = await trx
    .insertInto('forecasts')
    .values({ tenant_id, product_id, ...row })
    .onConflict((oc) =>
      oc.columns(['tenant_id', 'product_id']).doUpdateSet(row).where('forecasts.generation', '=', generation),
    )
    .returning('product_id')
    .executeTakeFirst()
  return written !== undefined
}
