import { isDeepStrictEqual } from 'node:util'
import type { AdServerKind, SettingProblem } from '../../ad_server_kinds.ts'
import { jsonb, type Db } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import { recordAudit } from '../record.ts'
import { askCheck } from './ask_check.ts'
import { actorOf, lockConnection, ofConnection, type By, type LockedConnection } from './connection.ts'

/** Of a connection what people may change without knowing its secret. */
export interface ConnectionChange {
  name: string
  /** All of them, but for addresses, which keep what they are. */
  settings: Record<string, unknown>
  /** How often its figures and what it holds are read; as it was unless given. */
  rhythm?: Rhythm
}
export type Rhythm = Pick<
  LockedConnection,
  | 'sync_inventory_minutes'
  | 'sync_orders_minutes'
  | 'sync_whole_hours'
  | 'delivery_minutes'
  | 'corrections_days'
>
export type ChangeOutcome =
  | { type: 'changed' | 'same' | 'not_found' | 'changed_meanwhile' }
  | { type: 'refused'; problems: SettingProblem[] }

/** What a form was filled in from, as one word: nobody overwrites what somebody else wrote meanwhile. */
export const stampOf = ({
  name,
  settings,
  sync_inventory_minutes,
  sync_orders_minutes,
  sync_whole_hours,
  delivery_minutes,
  corrections_days,
}: Omit<LockedConnection, 'kind' | 'connected_at' | 'withdrawn_at'>): string =>
  Buffer.from(
    JSON.stringify([
      name,
      settings,
      sync_inventory_minutes,
      sync_orders_minutes,
      sync_whole_hours,
      delivery_minutes,
      corrections_days,
    ]),
  ).toString('base64url')

/** Changes a connection, in use or being set up; a worker then looks how it is to connect there. */
export async function changeConnection(
  db: Db,
  kind: AdServerKind,
  { stamp, change, ...by }: By & { stamp: string; change: ConnectionChange },
): Promise<ChangeOutcome> {
  return db.transaction().execute(async (trx) => {
    const before = await lockConnection(trx, by)
    if (!before) return { type: 'not_found' }
    if (stampOf(before) !== stamp) return { type: 'changed_meanwhile' }
    const settings = { ...change.settings, ...addressesOf(kind, before.settings) }
    const problems = [...kind.problemsOf(settings), ...moved(kind, before, settings)]
    if (problems.length > 0) return { type: 'refused', problems }
    const after = { name: change.name, ...change.rhythm, settings }
    if (isDeepStrictEqual({ ...before, ...after }, before)) return { type: 'same' }
    await trx
      .updateTable('adapter_configs')
      .set({ ...after, settings: jsonb(settings) })
      .where('connection_id', '=', by.connection_id)
      .execute()
    if (!isDeepStrictEqual(before.settings, settings)) {
      await askCheck(trx, by, true)
      if (before.connected_at !== null)
        await enqueue(trx, 'sync_adapter_capabilities', { connection_id: by.connection_id })
    }
    await recordAudit(trx, actorOf(by), { ...ofConnection(by, 'change_connection'), detail: after })
    return { type: 'changed' }
  })
}

/** Whoever changes where the secret is sent must know it (changeKey). */
function addressesOf({ fields }: AdServerKind, settings: Record<string, unknown>) {
  const addresses = fields.filter(({ address }) => address).map(({ name }) => name)
  return Object.fromEntries(Object.entries(settings).filter(([name]) => addresses.includes(name)))
}

/** Orders stand in the network of a connection that is in use. */
function moved(
  { fields }: AdServerKind,
  { connected_at, settings: before }: LockedConnection,
  after: Record<string, unknown>,
): SettingProblem[] {
  if (connected_at === null) return []
  return fields
    .filter(({ fixed, name }) => fixed && before[name] !== after[name])
    .map(({ name: setting }) => ({
      setting,
      message: 'stays what it is once the connection is in use. Connect the other network beside this one',
    }))
}
