import { sql } from 'kysely'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { progressLine } from '../../src/cli/sync/line.ts'
import { jsonb } from '../../src/db/database.ts'
import { testDesk, type Args } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { killAll, run, salesdesk } from '../support/processes.ts'
import { adUnits } from '../support/synchronisation.ts'

const desk = testDesk()
const env = () => ({ DATABASE_URL: desk.databaseUrl })
const set = (settings: Args) =>
  desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb(settings) })
    .where('connection_id', '=', 'house')
    .execute()

beforeAll(async () => {
  await sql`insert into simulated.ad_units (network, name)
    select 'house', 'Unit ' || n from generate_series(1, 3000) n`.execute(desk.db)
})
afterEach(killAll)

describe('salesdesk sync', () => {
  test('says that a worker is needed, and that it was asked for', async () => {
    const { code, stdout } = await run(['sync', 'screens', 'orders'], env())
    expect(stdout).toMatch(/No worker is running; one will do it: salesdesk work/)
    expect(code).toBe(0)
    const doctor = await run(['doctor'], env())
    expect(doctor.stdout).toMatch(/ok +synchronised +0 of 1 kinds/)
  })

  test('shows how a reading gets on and what came of it, and so does --status', async () => {
    const worker = salesdesk(['work'], env())
    await worker.said(/is ready/)
    const { code, stdout } = await run(['sync', 'house'], env())
    expect(stdout).toMatch(/house ad_units +done, 3,000 rows in \d+ s/)
    expect(stdout).toMatch(/house network +done/)
    expect(stdout).toMatch(/house line_items +done/)
    expect(code).toBe(0)
    expect(await adUnits(desk.db, 'house')).toHaveLength(3000)
    const { stdout: status } = await run(['sync', '--status'], env())
    expect(status).toMatch(/house ad_units +3,000 rows, as of \d+ s ago/)
  })

  test('goes on when nobody watches any more, and failures are told with what to do', async () => {
    await set({ read_latency_ms: 400 })
    const worker = salesdesk(['work'], env())
    await worker.said(/is ready/)
    const watching = salesdesk(['sync', 'house', 'ad_units', '--whole'], env())
    await watching.said(/ad_units +[█░]* ?\d/)
    watching.kill('SIGINT')
    expect(await watching.exited).toBe(0)
    expect(watching.stdout()).toMatch(/A worker goes on with it. To look again: salesdesk sync --status/)
    await eventually('the reading to end', async () => {
      const { rows } =
        await sql`select from sync_jobs where kind = 'ad_units' and state = 'replaced'`.execute(desk.db)
      return rows.length > 0
    })
    await set({ no_such: 'setting' })
    const failed = await run(['sync', 'house', 'network'], env())
    expect(failed.code).toBe(1)
    expect(failed.stdout).toMatch(/house network +failed: .*no_such/)
    expect((await run(['doctor'], env())).stdout).toMatch(/FAIL +synchronised +not read: .*house network/)
    await set({})
  })

  test.each([
    [['nowhere'], /There is no connection nowhere. Known: house, screens/],
    [['house', 'placements'], /house cannot be read for placements. It can for network, ad_units/],
  ])('refuses %j', async (args, why) => {
    const { code, stderr } = await run(['sync', ...args], env())
    expect(code).toBe(1)
    expect(stderr).toMatch(why)
  })
})

describe('a line of progress', () => {
  const at = (second: number) => new Date(Date.UTC(2027, 0, 1, 12, 0, second))
  const reading = {
    ...{ sync_job_id: 'sync_1', connection_id: 'gam', kind: 'ad_units', state: 'reading' as const },
    ...{ done: 62_000, total: 100_000, error: null, started_at: at(0), updated_at: at(30), next_at: null },
    ...{ finished_at: null, current_rows: null, current_since: null, whole: true },
  }
  const begun = { done: 2000, at: at(0) }

  test('says how far, how fast and how long yet', () => {
    expect(progressLine(reading, begun, at(30))).toBe(
      'gam ad_units           ██████████████░░░░░░░░░░ 62,000 of 100,000, 2,000/s, 19 s left',
    )
    expect(progressLine({ ...reading, total: null }, begun, at(30))).toContain('62,000 so far, 2,000/s')
    expect(progressLine({ ...reading, total: 62_000 }, begun, at(30))).toContain('█'.repeat(24))
  })

  test('says what it waits for, what ended it, and that it is done', () => {
    const error = { code: 'x', message: 'Too many calls' }
    expect(progressLine({ ...reading, error, next_at: at(40) }, begun, at(30))).toContain(
      'waits: Too many calls',
    )
    expect(progressLine({ ...reading, error, next_at: at(20) }, begun, at(30))).not.toContain('waits')
    const over = { ...reading, error, state: 'failed' as const, finished_at: at(30) }
    expect(progressLine(over, begun, at(30))).toMatch(/failed: Too many calls$/)
    const done = { ...reading, state: 'current' as const, done: 100_000, finished_at: at(51) }
    expect(progressLine(done, begun, at(51))).toMatch(/done, 100,000 rows in 51 s$/)
  })
})
