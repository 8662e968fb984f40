import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { registerCommands } from '../../src/cli/commands.ts'
import { explain } from '../../src/cli/explain.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { encryptionKey, testDesk } from '../support/desk.ts'
import { connect, mark, markOf, subjectsOf } from '../support/isolation/told.ts'
import { everyRow } from '../support/orders.ts'

const desk = testDesk()
const folder = mkdtempSync(join(tmpdir(), 'salesdesk-isolation-'))
const secretFile = join(folder, 'secret')
writeFileSync(secretFile, 'https://127.0.0.1:1/inside\n')
const printed: string[] = []
let waiting: string
let stuck: string
let secrets: string[]

beforeAll(async () => {
  await seedAnotherPublisher(desk.db)
  const place = { token: 'xoxb-north', team_id: 'T0NORTH', channel_id: 'C0NORTH', tenant_id: 'northwind' }
  const buys = {
    principal_id: 'pinnacle',
    account_id: 'acc_acme_pinnacle',
    escalation_channel_id: 'C0URGENT',
  }
  const north = { ...place, ...buys, product_id: 'trail_display_run_of_site' }
  await mark(desk, north)
  const subjects = await subjectsOf(desk, north)
  waiting = subjects.approval_waiting.subject_id
  stuck = subjects.needs_human.subject_id
  await connect(desk, north)
  const user = { user_id: 'usr_nora', email: 'nora@northwind.example', name: 'Nora North' }
  await desk.db.insertInto('users').values(user).execute()
  await desk.db
    .insertInto('memberships')
    .values({ tenant_id: 'northwind', user_id: 'usr_nora', role: 'admin' })
    .execute()
  const lines = (await everyRow(desk.db)).split('\n').filter((line) => line.includes('northwind'))
  const ids = lines.join('\n').match(/\b[a-z]{2,4}_[\w-]{22}\b/g) ?? []
  secrets = [...new Set(ids), markOf('northwind'), 'C0NORTH', 'T0NORTH', 'Nora North']
  vi.stubEnv('DATABASE_URL', desk.databaseUrl)
  vi.stubEnv('SALESDESK_ENCRYPTION_KEY', encryptionKey)
  vi.stubEnv('LOG_LEVEL', 'silent')
  vi.stubEnv('SLACK_CLIENT_ID', 'app')
  vi.stubEnv('SLACK_CLIENT_SECRET', 'of the app')
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => printed.push(String(line)) > 0)
}, 60_000)
afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** Every command that takes `--tenant`, with what it would take of Northwind's to do something there. */
const calls: Record<string, () => string[]> = {
  approve: () => [waiting],
  reject: () => [waiting, '--reason', 'No.'],
  steps: () => [],
  retry: () => [stuck],
  skip: () => [stuck, '--external-id', '4711'],
  abandon: () => [stuck, '--reason', 'No.'],
  invite: () => ['nora@northwind.example', '--role', 'admin'],
  keys: () => ['rotate', '--compromised'],
  'secret set': () => ['google_test', secretFile],
  'secret list': () => [],
  'secret remove': () => ['google_test'],
  'slack user': () => ['nora@northwind.example', 'U0SAM'],
  'slack show': () => [],
  'slack set': () => ['--channel', 'C0SOUTH'],
  'slack disconnect': () => [],
  'slack install': () => [],
  'slack connect': () => ['--webhook', secretFile],
  'slack test': () => [],
}
/** Commands that ask for no publisher, and why. */
const ofTheDesk: Record<string, string> = {
  ...mapped('it runs the desk, or looks at all of it', [
    ...['start', 'serve', 'work', 'demo', 'migrate', 'doctor', 'reseal', 'sync', 'check', 'gam check'],
    ...[
      'properties',
      'properties check',
      'creative-agents',
      'creative-agents refresh',
      'webhooks',
      'tenants',
    ],
  ]),
  ...mapped('what it is given is one publisher’s, and says whose', [
    ...['token', 'trust', 'oauth', 'creative-agents secret', 'tenants retire', 'tenants reopen'],
  ]),
  seed: 'its file names the publisher',
  stdio: 'its token is one buyer’s',
}
function mapped(reason: string, names: string[]) {
  return Object.fromEntries(names.map((name) => [name, reason]))
}

async function run(args: string[]): Promise<{ refused: boolean; said: string }> {
  printed.length = 0
  const program = new Command('salesdesk').exitOverride().configureOutput({ writeErr: () => {} })
  await registerCommands(program, args[0])
  let error = ''
  await program.parseAsync(args, { from: 'user' }).catch((thrown: unknown) => (error = explain(thrown)))
  return { refused: error !== '', said: [...printed, error].join('\n') }
}
const north = async () =>
  (await everyRow(desk.db)).split('\n').filter((line) => secrets.some((secret) => line.includes(secret)))

describe('a command of the operator’s', () => {
  it('says for which publisher it is, or why it need not', async () => {
    const program = new Command('salesdesk')
    await registerCommands(program, undefined)
    const found = program.commands.flatMap((one) => leaves(one))
    const asks = found.filter(({ tenant }) => tenant).map(({ name }) => name)
    expect(asks.sort()).toEqual(Object.keys(calls).sort())
    const others = found.filter(({ tenant }) => !tenant).map(({ name }) => name)
    expect(others.sort()).toEqual(Object.keys(ofTheDesk).sort())
  })

  it.each(Object.keys(calls))('does nothing while two publishers could be meant: %s', async (name) => {
    const before = await everyRow(desk.db)
    const { refused, said } = await run([...name.split(' '), ...(calls[name]?.() ?? [])])
    expect([refused, said]).toEqual([
      true,
      expect.stringContaining('--tenant northwind or --tenant southwind'),
    ])
    expect(await everyRow(desk.db)).toBe(before)
  })

  it.each(Object.keys(calls))(
    'for one publisher leaves another alone, and tells nothing of it: %s',
    async (name) => {
      const before = await north()
      const given = calls[name]?.() ?? []
      const { said } = await run([...name.split(' '), ...given, '--tenant', 'southwind'])
      expect(secrets.filter((secret) => said.includes(secret) && !given.includes(secret))).toEqual([])
      expect(await north()).toEqual(before)
    },
  )
})

interface Leaf {
  name: string
  tenant: boolean
}
/** A command with those below it, as far as they do something themselves. */
function leaves(command: Command, above = ''): Leaf[] {
  const name = `${above}${command.name()}`
  const below = command.commands.flatMap((one) => leaves(one, `${name} `))
  const acts = (command as unknown as { _actionHandler: unknown })._actionHandler !== null
  const tenant = command.options.some(({ long }) => long === '--tenant')
  return acts ? [{ name, tenant }, ...below] : below
}
