import { randomBytes } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { createSeal } from '../../src/seal.ts'
import { about } from '../../src/sealed_columns.ts'
import { encryptionKey, testDesk } from '../support/desk.ts'
import { killAll, main, run } from '../support/processes.ts'

const desk = testDesk()
const folder = mkdtempSync(join(tmpdir(), 'salesdesk-secret-'))
const secret = 'a-key-nobody-should-see'
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(killAll)
beforeAll(() =>
  desk.db
    .updateTable('adapter_configs')
    .set({
      kind: 'adcp_mock',
      secret_name: 'SALESDESK_SECRET_HOUSE',
      settings: jsonb({ base_url: 'http://127.0.0.1:9', network_code: 'net' }),
    })
    .where('connection_id', '=', 'house')
    .execute(),
)

const environment = (key = encryptionKey) => ({
  DATABASE_URL: desk.databaseUrl,
  SALESDESK_ENCRYPTION_KEY: key,
  SALESDESK_SECRET_HOUSE: 'as the environment has it',
})
const salesdesk = (args: string[], input = '') => {
  const env = { PATH: process.env['PATH'], ...environment() }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    env,
    input,
    cwd: folder,
    encoding: 'utf8',
  })
  return { code: status, stdout, said: stdout + stderr }
}
async function kept(key = encryptionKey): Promise<string | undefined> {
  const row = await desk.db.selectFrom('ad_server_secrets').select('secret_sealed').executeTakeFirst()
  return row && createSeal(key).open(row.secret_sealed, about('secret_sealed', 'house'))
}

test('a publisher keeps an ad server’s key sealed, sees where it is, and takes it back', async () => {
  expect(salesdesk(['secret', 'list']).stdout).toMatch(
    /^house {2}the variable SALESDESK_SECRET_HOUSE, set in this environment.*\nscreens {2}none\n$/,
  )
  const set = salesdesk(['secret', 'set', 'house'], `${secret}\n`)
  expect(set).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('SALESDESK_SECRET_HOUSE is not looked'),
  })
  expect(await kept()).toBe(secret)
  const file = join(folder, 'key')
  writeFileSync(file, `${secret}-of-a-file`)
  expect(salesdesk(['secret', 'set', 'house', file]).code).toBe(0)
  expect(await kept()).toBe(`${secret}-of-a-file`)
  const list = salesdesk(['secret', 'list'])
  expect(list.stdout).toMatch(/^house {2}sealed, set by \S+ on 20\S+Z\n/)
  const removed = salesdesk(['secret', 'remove', 'house'])
  expect(removed).toMatchObject({ code: 0, stdout: 'The secret of house is forgotten.\n' })
  expect(salesdesk(['secret', 'remove', 'house']).said).toContain('No secret of a connection house is kept')
  expect(await kept()).toBeUndefined()
  expect(set.said + list.said + removed.said).not.toContain(secret)
})

test('a secret the ad server could not be told is refused before it is kept, and not shown', async () => {
  const refused: [string[], string, RegExp][] = [
    [['house'], 'a key\nwith a line break', /holds characters an API key cannot have\. Nothing was kept/],
    [['house'], '\n', /There is no secret in it/],
    [['nowhere'], secret, /There is no connection nowhere\. Known: house, screens/],
    [['house', join(folder, 'missing')], '', /The file cannot be read \(ENOENT\)/],
  ]
  for (const [args, input, words] of refused) {
    const { code, said } = salesdesk(['secret', 'set', ...args], input)
    expect(said).toMatch(words)
    expect(said).not.toContain('line break')
    expect(code).toBe(1)
  }
  expect(await kept()).toBeUndefined()
})

test('an operator puts everything under a new key, and doctor says how far that is', async () => {
  salesdesk(['secret', 'set', 'house'], secret)
  const next = randomBytes(32).toString('base64')
  const other = randomBytes(32).toString('base64')
  const both = { ...environment(next), SALESDESK_DECRYPTION_KEYS: `${other}, ${encryptionKey}` }
  expect((await run(['doctor'], environment(other), folder)).stdout).toMatch(
    /FAIL {2}sealed +1 of 1 values are under a key that is not set here/,
  )
  const wrong = await run(['reseal'], environment(other), folder)
  expect(wrong.stdout).toContain('No key here opens what is kept for ad_server_secret:house.')
  expect(wrong.code).toBe(1)
  expect((await run(['doctor'], both, folder)).stdout).toMatch(
    /ok {4}sealed +1 values, 1 not under the newest/,
  )
  const { code, stdout } = await run(['reseal'], both, folder)
  expect(stdout).toMatch(/ad_server_secrets\.secret_sealed: 1 of 1\n1 sealed anew\.\nEverything is under/)
  expect(code).toBe(0)
  expect(await kept(next)).toBe(secret)
  expect((await run(['doctor'], environment(next), folder)).stdout).toMatch(/ok {4}sealed +1 values$/m)
})

test('a publisher keeps a creative agent’s token sealed, and is told what became of the agent', async () => {
  const mcp_url = 'http://127.0.0.1:9/mcp'
  const agent = { creative_agent_id: 'studio', tenant_id: 'northwind', name: 'Studio', agent_url: mcp_url }
  await desk.db
    .insertInto('creative_agents')
    .values({ ...agent, mcp_url, position: 0, refresh_hours: 24, grace_days: 7 })
    .execute()
  const set = salesdesk(['creative-agents', 'secret', 'studio'], `${secret}\n`)
  expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('kept sealed') })
  const { bearer_sealed } = await desk.db
    .selectFrom('creative_agents')
    .select('bearer_sealed')
    .executeTakeFirstOrThrow()
  const sealed = bearer_sealed ?? Buffer.alloc(0)
  expect(createSeal(encryptionKey).open(sealed, about('bearer_sealed', 'studio'))).toBe(secret)
  const read = salesdesk(['creative-agents', 'refresh', 'studio'])
  expect(read.stdout).toMatch(
    /^studio {2}http.*; never read; it is not asked: only https.*; a token is kept since 20/,
  )
  expect(set.said + read.said).not.toContain(secret)
  expect(salesdesk(['creative-agents', 'refresh', 'nobody']).said).toContain('Known: studio')
  expect(salesdesk(['creative-agents', 'secret', 'studio', '--forget']).stdout).toContain('forgotten')
  expect(salesdesk(['creative-agents']).stdout).not.toContain('token')
})
