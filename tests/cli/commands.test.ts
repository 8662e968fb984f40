import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { sql } from 'kysely'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { registerCommands } from '../../src/cli/commands.ts'
import { testDatabase } from '../support/database.ts'
import { aPurchase, testDesk } from '../support/desk.ts'
import { killAll, main, run, salesdesk } from '../support/processes.ts'

const desk = testDesk()
const empty = testDatabase()
const folder = mkdtempSync(join(tmpdir(), 'salesdesk-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(killAll)
const here = (args: string[], env: Record<string, string> = {}) =>
  run(args, { DATABASE_URL: desk.databaseUrl, ...env }, folder)

describe('salesdesk --help', () => {
  test('names every command, and each explains itself', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    const commands = [...stdout.matchAll(/^ {2}([\w-]+) /gm)]
      .map(([, name]) => name ?? '')
      .filter((name) => name !== 'help')
    expect(commands).toEqual([
      'start',
      'serve',
      'work',
      'stdio',
      'demo',
      'migrate',
      'seed',
      'doctor',
      'check',
      'gam',
      'secret',
      'sync',
      'properties',
      'creative-agents',
      'approve',
      'reject',
      'steps',
      'retry',
      'skip',
      'abandon',
      'token',
      'tenants',
      'invite',
      'trust',
      'oauth',
      'keys',
      'reseal',
      'slack',
      'webhooks',
    ])
    const program = new Command('salesdesk')
    await registerCommands(program, undefined)
    for (const command of program.commands)
      expect(command.helpInformation()).toMatch(new RegExp(`^Usage: salesdesk ${command.name()} .*\n\n\\w`))

    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const [, table = ''] = /^\| Command .*\n((?:\|.*\n)+)/m.exec(readme) ?? []
    const told = [...table.matchAll(/`([a-z-]+)[^`]*`/g)].map(([, name]) => name)
    expect(commands.filter((name) => !told.includes(name))).toEqual([])
  })

  test('is pointed at after a mistake', async () => {
    const { code, stderr } = await run(['sell'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/unknown command 'sell'[\s\S]*--help/)
  })
})

describe('salesdesk properties', () => {
  const PUBLIC_URL = 'https://sales.northwind.example'

  test('check asks a domain, keeps what came of it and prints the entry its file needs', async () => {
    const before = await here(['properties'])
    expect(before.stdout).toMatch(/^matchday\.example; unverified; not asked yet$/m)
    const { code, stdout } = await here(['properties', 'check', 'matchday.example'], { PUBLIC_URL })
    // there is no such domain and never will be
    expect(stdout).toMatch(/^matchday\.example; unreachable; .+; asked \d{4}-\d\d-\d\dT/m)
    expect(stdout).toMatch(/authorized_agents.*"url": ?"https:\/\/sales\.northwind\.example\/mcp"/)
    expect(stdout.match(/; asked /g)).toHaveLength(1)
    expect(code).toBe(0)
    const after = await here(['properties'])
    expect(after.stdout).toMatch(/^matchday\.example; unreachable; .+; asked /m)
  })

  test('check asks for no entry that the file had a day ago', async () => {
    const entry = {
      url: `${PUBLIC_URL}/mcp`,
      authorized_for: 'All',
      authorization_type: 'publisher_properties',
    }
    const whole = [{ publisher_domain: 'matchday.example', selection_type: 'all' }]
    const declaration = JSON.stringify({ authorized_agents: [{ ...entry, publisher_properties: whole }] })
    await sql`update publisher_partners set declaration = ${declaration}::jsonb, declared_at = now() - interval '1 day',
      declared_by = 'https://matchday.example' where publisher_domain = 'matchday.example'`.execute(desk.db)
    const { stdout } = await here(['properties', 'check', 'matchday.example'], { PUBLIC_URL })
    expect(stdout).toMatch(/^matchday\.example; verified; counts as verified until .*; asked /m)
    expect(stdout).not.toContain('authorized_agents')
  })

  test('check says what keeps it from asking', async () => {
    const nameless = await here(['properties', 'check'])
    expect(nameless.code).toBe(1)
    expect(nameless.stderr).toContain('PUBLIC_URL is not set')
    const unknown = await here(['properties', 'check', 'nobody.example'], { PUBLIC_URL })
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toMatch(/no domain nobody\.example.*Known: .*matchday\.example/)
  })
})

test('a wrong environment is told all at once', async () => {
  const { code, stderr } = await run(['serve'], {
    DATABASE_URL: 'mysql://x',
    PORT: 'http',
    WORKER_CONCURRENCY: '0',
  })
  expect(code).toBe(1)
  expect(stderr.split('\n').slice(1)).toEqual([
    '  DATABASE_URL: a postgres:// URL',
    '  PORT: a whole number from 0 to 65535',
    '  WORKER_CONCURRENCY: a whole number from 1 to 100',
  ])
})

test.each([
  ['192.0.2.1', /192\.0\.2\.1 is no address of this machine\. Set HOST/],
  ['nowhere.invalid', /nowhere\.invalid cannot be found .*HOST/],
])(
  'a HOST this machine does not have is told apart from a database that is away: %s',
  async (HOST, reason) => {
    const { code, stderr } = await here(['serve'], { HOST, PORT: '0' })
    expect(code).toBe(1)
    expect(stderr).toMatch(reason)
    expect(stderr).not.toMatch(/\n\s+at /)
  },
)

test('a reader that stops reading, as head does, is no error', async () => {
  const env = { PATH: process.env['PATH'] ?? '', DATABASE_URL: desk.databaseUrl, LOG_LEVEL: 'warn' }
  const child = spawn(process.execPath, [main, 'approve'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  const stderr = text(child.stderr)
  expect(await once(child, 'close')).toEqual([0, null])
  expect(await stderr).toBe('')
})

describe('salesdesk migrate and seed', () => {
  test('bring a database up, and the second time change nothing', async () => {
    const fresh = `${desk.databaseUrl}_cli`
    const name = new URL(fresh).pathname.slice(1)
    await sql`create database ${sql.id(name)}`.execute(desk.db)
    const env = { DATABASE_URL: fresh }
    expect((await run(['migrate'], env)).stdout).toMatch(/^Applied 0001_/)
    expect(await run(['migrate'], env)).toEqual({
      code: 0,
      stdout: 'The database is up to date.',
      stderr: '',
    })
    expect((await run(['doctor'], env)).stdout).toMatch(/FAIL {2}publisher .*salesdesk seed/)
    expect((await run(['seed'], env)).stdout).toMatch(/^northwind: \d+ products.*\n\d+ rows written\./)
    expect((await run(['seed'], env)).stdout).toContain('Nothing had changed.')
    await sql`drop database ${sql.id(name)} with (force)`.execute(desk.db)
  })

  test('a file with a mistake is refused with its line, and nothing is written', async () => {
    const file = join(folder, 'broken.yaml')
    writeFileSync(file, 'tenant:\n  tenant_id: x\n  nome: X\n')
    const { code, stderr } = await here(['seed', file])
    expect(code).toBe(1)
    expect(stderr).toMatch(/broken\.yaml:\d+|line \d+/)
    expect(stderr).not.toMatch(/\n\s+at /)
    const none = await run(['seed', join(folder, 'nowhere.yaml')], {
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
    })
    expect(none.code).toBe(1)
    expect(none.stderr).toContain('nowhere.yaml')
    expect(none.stderr).not.toMatch(/\n\s+at /)
  })
})

describe('salesdesk token', () => {
  test('prints a token with which a buyer gets in', async () => {
    const { code, stdout } = await here(['token', 'acme_direct', '--days', '1'])
    expect(code).toBe(0)
    const answer = await fetch(`${desk.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stdout}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    })
    expect(answer.status).toBe(200)
  })

  test('names the buying agents there are when there is none of that name', async () => {
    const { code, stderr } = await here(['token', 'nobody'])
    expect(code).toBe(1)
    expect(stderr).toContain(
      'There is no principal "nobody". Known: acme_direct, brightwater_energy, pinnacle, sandbox_agent.',
    )
  })

  test.each(['soon', '0', '1e9'])('does not take %s for a number of days', async (days) => {
    const { code, stderr } = await here(['token', 'pinnacle', `--days=${days}`])
    expect(code).toBe(1)
    expect(stderr).toContain('whole number of days')
  })
})

describe('salesdesk approve and reject', () => {
  test('list what waits, decide it once, and say who decided', async () => {
    expect((await here(['approve'])).stdout).toBe('Nothing waits for approval.')
    const [first, second] = [await submitted(), await submitted()]
    const listed = await here(['approve'])
    expect(listed.stdout.split('\n')).toHaveLength(2)
    expect(listed.stdout).toMatch(new RegExp(`^${first}  .*8,000 EUR, \\d{4}-\\d\\d-\\d\\d to `))

    expect((await here(['approve', first, '--by', 'Dana'])).stdout).toMatch(
      /is approved\. A worker places it now\./,
    )
    const again = await here(['reject', first, '--by', 'Kim', '--reason', 'too late'])
    expect(again.code).toBe(1)
    expect(again.stderr).toMatch(/decided before: completed by Dana\. Nothing was changed\./)
    expect((await here(['reject', second, '--reason', 'Brand not accepted.'])).stdout).toContain(
      'The buyer sees the reason.',
    )
    const { body } = await (await desk.buyer()).call('tasks_get', { task_id: second })
    expect(JSON.stringify(body)).toContain('Brand not accepted.')
    const unknown = await here(['approve', 'task_nowhere'])
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toContain('No approval has the id task_nowhere.')
    expect((await here(['reject', first])).stderr).toContain('--reason')
  })

  test('ask for which publisher where there are several, and keep them apart', async () => {
    const waits = await submitted()
    const tenants = desk.db
      .insertInto('tenants')
      .values({ tenant_id: 'southwind', name: 'Southwind', currencies: ['EUR'] })
    expect((await here(['approve', '--tenant', 'southwind'])).stderr).toBe(
      'There is no publisher "southwind". Known: northwind.',
    )
    await tenants.execute()
    expect((await here(['approve', waits])).stderr).toBe(
      'Say for which publisher: --tenant northwind or --tenant southwind.',
    )
    expect((await here(['approve', '--tenant', 'southwind'])).stdout).toBe('Nothing waits for approval.')
    expect((await here(['approve', waits, '--tenant', 'southwind'])).stderr).toContain(
      'No approval has the id',
    )
    expect((await here(['approve', waits, '--tenant', 'northwind'])).stdout).toContain('is approved.')
    await desk.db.deleteFrom('tenants').where('tenant_id', '=', 'southwind').execute()
  })
})

describe('salesdesk oauth', () => {
  test('lets in the subject of an issuer, lists it and shuts it out', async () => {
    const variables = { OAUTH_ISSUER: 'https://login.example', PUBLIC_URL: 'https://sales.example' }
    expect((await here(['oauth', 'pinnacle', 'agent-7'], variables)).stdout).toContain(
      'given to agent-7 are pinnacle now',
    )
    expect((await here(['oauth'])).stdout).toBe('pinnacle  agent-7  https://login.example')
    expect((await here(['oauth', '--remove', 'agent-7'], variables)).stdout).toContain('they were pinnacle')
  })
})

describe('salesdesk trust', () => {
  test('takes an agent’s public keys, lists them and revokes one', async () => {
    expect((await here(['trust'])).stdout).toContain('No agent signs its requests yet')
    const jwk = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', x: 'A'.repeat(43), kid: 'pinnacle-2026' }
    const file = join(folder, 'jwks.json')
    writeFileSync(file, JSON.stringify({ keys: [jwk] }))
    expect((await here(['trust', 'pinnacle', file])).stdout).toBe('pinnacle may sign with pinnacle-2026.')
    expect((await here(['trust', 'pinnacle', file])).stdout).toBe('It had these keys already.')
    expect((await here(['trust', '--revoke', 'pinnacle-2026'])).stdout).toContain(
      'nothing signed with it is accepted',
    )
    expect((await here(['trust'])).stdout).toMatch(/^pinnacle {2}pinnacle-2026 {2}revoked 2\d/)
    expect((await here(['trust', '--revoke', 'other'])).stderr).toContain('No trusted key is called other.')
    writeFileSync(file, '{')
    expect((await here(['trust', 'pinnacle', file])).stderr).toContain('is not JSON')
  })
})

describe('salesdesk doctor', () => {
  test('finds a desk with a worker well, and one without a worker not', async () => {
    const worker = salesdesk(['work'], { DATABASE_URL: desk.databaseUrl })
    await worker.said(/is ready/)
    const well = await here(['doctor'])
    expect(well.stdout).not.toContain('FAIL')
    expect(well.code).toBe(0)
    expect(well.stdout).toMatch(new RegExp(`^ok +workers +.*:${worker.pid} `, 'm'))
    // what the README says a server and a worker open, and what watches them
    expect(well.stdout).toMatch(
      /^ok +connections +\d+ of \d+ in use; .* a server opens up to 23 and a worker up to 45: room for \d+ servers beside 1 workers$/m,
    )
    expect(well.stdout).toMatch(/^ok +clock +0\.\d s /m)
    worker.kill('SIGTERM')
    await worker.exited
    const alone = await here(['doctor'])
    expect(alone.code).toBe(1)
    expect(failures(alone.stdout)).toEqual([expect.stringMatching(/workers .*salesdesk work/)])
    expect(alone.stderr).toMatch(/1 of \d+ checks failed/)
  })

  test('tells of a clock that is wrong, and of more connections than PostgreSQL has', async () => {
    const clock = new URL('../conformance/shifted_clock.js', import.meta.url).href
    const { code, stdout } = await here(['doctor'], {
      DATABASE_CONNECTIONS: '500',
      NODE_OPTIONS: `--import ${clock}`,
      CONFORMANCE_CLOCK_OFFSET_MS: '-60000',
    })
    expect(code).toBe(1)
    expect(failures(stdout).slice(0, 2)).toEqual([
      expect.stringMatching(/clock +(59\.\d|60\.\d) s behind PostgreSQL’s; let NTP set both/),
      expect.stringMatching(/connections .* up to 1003 .* no room for a server .*raise max_connections/),
    ])
  })

  test('tells of a PostgreSQL that does not keep its own house', async () => {
    const { connectionString = '' } = empty.pool.options
    const database = sql.id(new URL(connectionString).pathname.slice(1))
    await sql`alter database ${database} set track_counts = off`.execute(empty.db)
    const { stdout } = await run(['doctor'], { DATABASE_URL: connectionString })
    await sql`alter database ${database} reset track_counts`.execute(empty.db)
    expect(failures(stdout)[0]).toMatch(/autovacuum .* set track_counts to on/)
  })

  test('says when nothing is on sale and when a newer program took from the database what this one needs', async () => {
    const env = { DATABASE_URL: empty.pool.options.connectionString ?? '' }
    expect(failures((await run(['doctor'], env)).stdout)[0]).toMatch(/publisher .*salesdesk seed/)
    await sql`insert into schema_migrations (name, checksum) values ('9999_future_after_9998', 'x')`.execute(
      empty.db,
    )
    const newer = await run(['doctor'], env)
    expect(newer.code).toBe(1)
    expect(failures(newer.stdout)).toEqual([expect.stringContaining('newer Salesdesk')])
    const starting = ['migrate', 'work', 'serve', 'stdio'].map((command) =>
      run([command], { ...env, PORT: '0', SALESDESK_TOKEN: 'x' }),
    )
    for (const refused of await Promise.all(starting)) {
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain('newer Salesdesk')
    }
  })

  test.each([
    ['leads nowhere', () => 'postgres://postgres:pw@localhost:1/none', /cannot be reached \(ECONNREFUSED\)/],
    [
      'names no database there is',
      () => desk.databaseUrl.replace(/test_\w+$/, 'nowhere'),
      /"nowhere" does not exist/,
    ],
    [
      'has a wrong password',
      () => desk.databaseUrl.replace(/:[^:@/]+@/, ':wrong-password@'),
      /password authentication failed/,
    ],
  ])('fails in one line when DATABASE_URL %s', async (_what, url, reason) => {
    const [{ code, stdout, stderr }, work] = await Promise.all([
      run(['doctor'], { DATABASE_URL: url() }),
      run(['work'], { DATABASE_URL: url() }),
    ])
    expect(code).toBe(1)
    expect(failures(stdout)).toEqual([expect.stringMatching(reason)])
    expect(stdout + stderr).not.toMatch(/\n\s+at /)
    expect(work.code).toBe(1)
    expect(work.stderr).toMatch(reason)
    expect(work.stderr).not.toMatch(/\n\s+at /)
  })
})

test.each(['serve', 'start'])('salesdesk %s says so when its port is taken, and ends', async (command) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  const began = Date.now()
  const { code, stderr } = await here([command], { PORT: String(port) })
  taken.close()
  expect(code).toBe(1)
  expect(stderr).toContain(`Port ${port} on 127.0.0.1 is in use. Set PORT`)
  expect(Date.now() - began).toBeLessThan(5000)
})

const failures = (stdout: string) => stdout.split('\n').filter((line) => line.startsWith('FAIL'))

async function submitted(): Promise<string> {
  const packages = [{ product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 8000 }]
  const { body } = await (await desk.buyer()).call('create_media_buy', aPurchase({ packages }))
  return String(body['task_id'])
}
