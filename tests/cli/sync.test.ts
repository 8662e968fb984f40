import { sql } from 'kysely'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { progressOf } from '../../src/cli/sync/line.ts'
import { startSync } from '../../src/commands/start_sync.ts'
import { jsonb } from '../../src/db/database.ts'
import { testDesk, type Args } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { killAll, run, salesdesk, seenInTerminal } from '../support/processes.ts'
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
    const status = await run(['sync', '--status'], env())
    expect(status.stdout).toMatch(/No worker is running. What is being read goes on once one is/)
    const doctor = await run(['doctor'], env())
    expect(doctor.stdout).toMatch(/ok +synchronised +0 of 1 kinds/)
  })

  test('shows how a reading gets on and what came of it, and so does --status', async () => {
    const worker = salesdesk(['work'], env())
    await worker.said(/is ready/)
    const { code, stdout } = await run(['sync', 'house'], env())
    expect(stdout).toMatch(/house +ad_units +done, 3,000 rows in \d+ s/)
    expect(stdout).toMatch(/house +network +done/)
    expect(stdout).toMatch(/house +line_items +done/)
    expect(code).toBe(0)
    expect(await adUnits(desk.db, 'house')).toHaveLength(3000)
    const { stdout: status } = await run(['sync', '--status'], env())
    expect(status).toMatch(/house +ad_units +3,000 rows, as of \d+ s ago/)
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
    expect(failed.stdout).toMatch(/house +network +failed: .*no_such/)
    expect((await run(['doctor'], env())).stdout).toMatch(/FAIL +synchronised +not read: .*house network/)
    await set({})
  })

  test('says when the worker it waits for is gone, and goes on with the next', async () => {
    await set({ read_latency_ms: 400 })
    const worker = salesdesk(['work'], env())
    await worker.said(/is ready/)
    const watching = salesdesk(['sync', 'house', 'ad_units', '--whole'], env())
    await watching.said(/ad_units +[█░]* ?\d/)
    worker.kill('SIGKILL')
    await worker.exited
    // as it is 20 seconds later
    await sql`update workers set seen_at = now() - interval '21 seconds'`.execute(desk.db)
    await watching.said(/No worker is running any more. It goes on once one is: salesdesk work/)
    await salesdesk(['work'], env()).said(/is ready/)
    expect(await watching.exited).toBe(0)
    expect(watching.stdout()).toMatch(/ad_units +done, 3,000 rows/)
    expect(watching.stdout().match(/No worker/g)).toHaveLength(1)
    await set({})
  })

  // `script`, which makes the terminal, takes other words elsewhere
  test.runIf(process.platform === 'linux')('--status is one table, in a narrow terminal too', async () => {
    const asked = { connection_id: 'screens', kind: 'orders', mode: 'whole', whole: true } as const
    await startSync(desk.db, { ...asked, asked_by: 'Kim', now: new Date() })
    // without a worker there would be a word on that beneath
    await sql`update workers set seen_at = now()`.execute(desk.db)
    const wide = (await run(['sync', '--status'], env())).stdout.split('\n')
    const columns = /^(?:house|screens) +(?=\w)/
    const where = (what: RegExp) => new Set(wide.map((line) => what.exec(line)?.[0].length))
    expect(where(columns)).toEqual(new Set(['screens  '.length]))
    expect(where(/^.* rows(?=, as of)/)).toEqual(
      new Set(['house    line_items  3,000 rows'.length, undefined]),
    )
    expect(new Set(wide.map((line) => line.split(' ')[0]))).toEqual(new Set(['house', 'screens']))
    const words = (lines: string[]) =>
      lines
        .join(' ')
        .split(/ +/)
        .filter((word) => !/^\d+$/.test(word))
    for (const room of [64, 40, 30]) {
      const narrow = (await seenInTerminal(room, ['sync', '--status'], env())).split('\n')
      expect(narrow.length).toBeGreaterThan(wide.length)
      expect(narrow.filter(({ length }) => length > room)).toEqual([])
      expect(narrow.every((line) => columns.test(line) || line.startsWith('  '))).toBe(true)
      expect(words(narrow)).toEqual(words(wide))
    }
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
    expect(progressOf(reading, begun, at(30))).toBe(
      '██████████████░░░░░░░░░░ 62,000 of 100,000, 2,000/s, 19 s left',
    )
    expect(progressOf({ ...reading, total: null }, begun, at(30))).toContain('62,000 so far, 2,000/s')
    expect(progressOf({ ...reading, total: 62_000 }, begun, at(30))).toContain('█'.repeat(24))
  })

  test('says what it waits for, what ended it, and that it is done', () => {
    const error = { code: 'x', message: 'Too many calls' }
    expect(progressOf({ ...reading, error, next_at: at(40) }, begun, at(30))).toContain(
      'waits: Too many calls',
    )
    expect(progressOf({ ...reading, error, next_at: at(20) }, begun, at(30))).not.toContain('waits')
    const over = { ...reading, error, state: 'failed' as const, finished_at: at(30) }
    expect(progressOf(over, begun, at(30))).toMatch(/failed: Too many calls$/)
    const done = { ...reading, state: 'current' as const, done: 100_000, finished_at: at(51) }
    expect(progressOf(done, begun, at(51))).toMatch(/done, 100,000 rows in 51 s$/)
  })
})
