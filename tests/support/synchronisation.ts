import { startSync } from '../../src/commands/start_sync.ts'
import { Capabilities, type SyncKind } from '../../src/capabilities.ts'
import { jsonb, type Db } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { currentGeneration } from '../../src/queries/synced.ts'
import type { TestDesk } from './desk.ts'
import type { FakeKevel } from './kevel/server.ts'
import type { FakeGoogle } from './google_ad_manager/server.ts'

/** Connects the publisher to a fake network as `gam`; jobs have yet to run. */
export async function connectGoogle({ db }: TestDesk, google: FakeGoogle, settings = {}): Promise<void> {
  const row = {
    connection_id: 'gam',
    tenant_id: 'northwind',
    kind: 'google_ad_manager',
    name: 'Google Ad Manager',
    secret_name: 'SALESDESK_SECRET_GAM',
    settings: jsonb({ ...google.settings, ...settings }),
  }
  await db.insertInto('adapter_configs').values(row).execute()
  await db.transaction().execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: 'gam' }))
}

/** Connects the publisher to a fake network as `kevel`, whose sites and zones are then known. */
export async function connectKevel(desk: TestDesk, { url: base_url }: FakeKevel): Promise<void> {
  const connection_id = 'kevel'
  const row = {
    ...{ connection_id, tenant_id: 'northwind', kind: 'kevel', name: 'Kevel' },
    secret_name: 'SALESDESK_SECRET_KEVEL',
    settings: jsonb({ base_url, network_id: 9872, currency: 'EUR', calls_per_second: null }),
  }
  await desk.db.insertInto('adapter_configs').values(row).execute()
  await desk.db.transaction().execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id }))
  await desk.runJobs(new Date())
  await sync(desk, connection_id, 'ad_units')
  await desk.runJobs()
}

/** Has one kind of what a connection holds read, as `salesdesk sync` does, and gives the run's id. */
export async function sync(
  { db, now }: Pick<TestDesk, 'db' | 'now'>,
  connection_id: string,
  kind: SyncKind,
  whole = false,
): Promise<string> {
  const { capabilities } = await db
    .selectFrom('adapter_configs')
    .select('capabilities')
    .where('connection_id', '=', connection_id)
    .executeTakeFirstOrThrow()
  const mode = Capabilities.parse(capabilities).reads[kind]
  if (!mode) throw new Error(`${connection_id} cannot be read for ${kind}`)
  return (await startSync(db, { connection_id, kind, mode, whole, asked_by: 'test', now })).sync_job_id
}

export function runOf(db: Db, sync_job_id: string) {
  return db
    .selectFrom('sync_jobs')
    .selectAll()
    .where('sync_job_id', '=', sync_job_id)
    .executeTakeFirstOrThrow()
}

/** The ad units everybody reads of a connection. */
export function adUnits(db: Db, connection_id: string) {
  return db
    .selectFrom('inventory_units')
    .selectAll()
    .where('generation', '=', currentGeneration(connection_id, 'ad_units'))
    .orderBy('id')
    .execute()
}
