import { Capabilities, type SyncKind } from '../../src/capabilities.ts'
import { jsonb } from '../../src/db/database.ts'
import { newId } from '../../src/ids.ts'
import type { TestDesk } from './desk.ts'

const connection_id = 'google'
const of = { tenant_id: 'northwind', connection_id }

/** An ad server as it looks after some weeks: read, partly in trouble, and being read again; and one that is being set up. */
export async function busyAdServers({ db, now }: TestDesk): Promise<void> {
  const before = (minutes: number) => new Date(now.getTime() - minutes * 60_000)
  const row = {
    tenant_id: 'northwind',
    kind: 'google_ad_manager',
    kept_in: 'console',
    connected_by: 'Ada admin',
  }
  await db
    .insertInto('adapter_configs')
    .values([
      {
        ...row,
        connection_id,
        name: 'Google Ad Manager',
        settings: jsonb({ network_code: '21700000000' }),
        capabilities: jsonb(able),
        capabilities_synced_at: before(90),
        network: jsonb(network),
        network_read_at: before(90),
      },
      {
        ...row,
        connection_id: 'google_test',
        name: 'Our test network',
        connected_at: null,
        archived_at: before(5),
      },
    ])
    .execute()
  await db
    .insertInto('ad_server_secrets')
    .values({
      ...of,
      secret_sealed: Buffer.from([2, 0, 0, 0, 0]),
      set_at: before(40_000),
      set_by: 'Ada admin',
    })
    .execute()
  await db
    .insertInto('ad_server_traffic')
    .values({
      connection_id,
      next_call_at: before(1),
      failures: 12,
      broken_until: new Date(now.getTime() + 240_000),
    })
    .execute()
  const asked = { tenant_id: 'northwind', asked_by: 'Ada admin', asked_at: before(9), finished_at: before(8) }
  await db
    .insertInto('connection_checks')
    .values([
      { ...asked, connection_check_id: newId('chk'), connection_id, findings: jsonb(findings) },
      {
        ...asked,
        connection_check_id: newId('chk'),
        connection_id: 'google_test',
        findings: jsonb(findings.filter(({ ok }) => ok)),
        choices: jsonb({
          network_code: [
            { value: '217', label: 'Northwind Test (217), USD, America/New_York, a test network' },
          ],
        }),
      },
    ])
    .execute()
  const run = async (kind: SyncKind, done: number, change: object = {}) => {
    const { generation } = await db
      .insertInto('sync_jobs')
      .values({
        ...of,
        kind,
        done,
        sync_job_id: newId('sync'),
        asked_by: 'clock',
        state: 'current',
        total: done,
        started_at: before(70),
        whole_at: before(70),
        updated_at: before(68),
        finished_at: before(68),
        ...change,
      })
      .returning('generation')
      .executeTakeFirstOrThrow()
    return generation
  }
  const error = jsonb({
    code: 'http_503',
    message: 'AudienceSegmentService: Google answered 503 without saying why',
  })
  await run('audience_segments', 0, { state: 'failed', error, failures: 8 })
  const under = { finished_at: null, updated_at: before(0), started_at: before(2) }
  await run('orders', 1200, { ...under, state: 'reading', total: 5400, asked_by: 'Ada admin' })
  await run('network', 1)
  const [units, placements, keys, values] = [
    await run('ad_units', 5),
    await run('placements', 1),
    await run('targeting_keys', 1),
    await run('targeting_values', 2),
  ]
  const standing = 'active' as const
  await db
    .insertInto('inventory_units')
    .values(
      [
        ['1', 'northwind', null],
        ['2', 'Trail & Peak', '1'],
        ['3', 'Trail & Peak, article', '2'],
        ['4', 'Matchday', '1'],
        ['5', 'Matchday, live ticker', '4'],
      ].map(([id, name, parent_id = null]) => ({
        ...{ generation: units, id: id ?? '', name: name ?? '', parent_id, standing, code: `nw_${id}` },
        sizes: parent_id === null ? [] : ['300x250', '970x250'],
      })),
    )
    .execute()
  await db
    .insertInto('placements')
    .values({
      generation: placements,
      id: '31',
      name: 'Sport, everywhere',
      standing,
      ad_unit_ids: ['4', '5'],
    })
    .execute()
  await db
    .insertInto('targeting_keys')
    .values({
      generation: keys,
      id: '61',
      name: 'section',
      display_name: 'Section',
      standing,
      predefined: true,
    })
    .execute()
  await db
    .insertInto('targeting_values')
    .values(
      ['sport', 'outdoor'].map((name, i) => ({
        generation: values,
        id: `6${i}`,
        name,
        standing,
        key_id: '61',
      })),
    )
    .execute()
}

const network = {
  network_id: '21700000000',
  name: 'Northwind Media',
  currencies: ['USD', 'EUR', 'GBP'],
  time_zone: 'America/New_York',
  test: false,
  limits: { reports_per_hour: 250, line_items_per_order: null },
}
const findings = [
  { ok: true, subject: 'network', text: 'Northwind Media (21700000000)' },
  { ok: true, subject: 'user', text: 'Salesdesk (salesdesk@northwind.example), Trafficker; approves orders' },
  { ok: true, subject: 'time zone', text: 'America/New_York' },
  { ok: false, subject: 'currency', text: 'products are sold in CHF, but the network takes USD, EUR, GBP' },
]
const able: Capabilities = Capabilities.parse({
  pricing_models: ['cpm', 'vcpm', 'cpc', 'flat_rate', 'time'],
  delivery_types: ['guaranteed', 'non_guaranteed'],
  targeting: ['geo_countries', 'geo_regions', 'daypart_targets', 'frequency_cap', 'device_type', 'language'],
  pacing: ['even', 'asap', 'front_loaded'],
  bids: true,
  package_flights: true,
  approval: 'polled',
  changes: ['pause', 'resume', 'cancel', 'add_package', 'budget', 'dates'],
  calls_per_second: 2,
  answer_lag_seconds: 30,
  reports: 'hours',
  forecasts: 'left',
  reads: {
    network: 'whole',
    ad_units: 'changes',
    placements: 'changes',
    targeting_keys: 'whole',
    targeting_values: 'whole',
    audience_segments: 'whole',
    orders: 'changes',
    line_items: 'changes',
  },
})
