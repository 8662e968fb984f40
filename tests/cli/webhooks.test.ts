import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { ownEncryptionKey } from '../../src/cli/encryption_key.ts'
import { readConfig } from '../../src/config.ts'
import { aPurchase, encryptionKey, testDesk } from '../support/desk.ts'
import { killAll, run } from '../support/processes.ts'

const desk = testDesk()
const keyless = testDesk({ SALESDESK_ENCRYPTION_KEY: '' })
const folder = mkdtempSync(join(tmpdir(), 'salesdesk-webhooks-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(killAll)
const here = (...args: string[]) => run(args, { DATABASE_URL: desk.databaseUrl }, folder)

test('a webhook no buyer took is shown to the operator, who can have it tried again', async () => {
  const buyer = await desk.buyer()
  const push_notification_config = { url: 'https://buyer.example/hook?key=not-for-the-terminal' }
  await buyer.call('create_media_buy', aPurchase({ push_notification_config }))
  expect((await here('webhooks')).stdout).toBe('No webhook is dead.')

  const { webhook_event_id: id } = await desk.db
    .updateTable('webhook_events')
    .set({ state: 'dead', attempts: 31, last_result: 'HTTP 500' })
    .returning('webhook_event_id')
    .executeTakeFirstOrThrow()
  const listed = await here('webhooks')
  expect(listed.stdout).toMatch(
    new RegExp(`^${id}  mb_\\S+ to buyer\\.example, of .*: 31 attempts, the last: HTTP 500$`),
  )
  expect(listed.stdout).not.toContain('not-for-the-terminal')
  expect((await here('doctor')).stdout).toMatch(/FAIL {2}webhooks .*1 dead; run salesdesk webhooks/)

  const again = await here('webhooks', '--replay', id)
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(id) })
  expect(await desk.db.selectFrom('webhook_events').select('state').execute()).toEqual([{ state: 'pending' }])
  const { rows } = await desk.pool.query(
    `select payload from graphile_worker._private_jobs where payload->>'webhook_event_id' = $1`,
    [id],
  )
  expect(rows).toHaveLength(1)

  const unknown = await here('webhooks', '--replay', randomUUID())
  expect(unknown.code).toBe(1)
  expect(unknown.stderr).toMatch(/^No dead webhook has the id .* Run salesdesk webhooks without --replay/)
})

describe('a desk without a key', () => {
  test('promises a buyer no webhook, keeps nothing, and says so', async () => {
    const buyer = await keyless.buyer()
    const push_notification_config = { url: 'https://buyer.example/hook' }
    const { body } = await buyer.call('create_media_buy', aPurchase({ push_notification_config }))
    expect(body).toMatchObject({
      media_buy_id: expect.any(String),
      message: 'This seller sends no webhooks: follow the purchase with tasks_get and get_media_buys.',
    })
    const capabilities = await buyer.call('get_adcp_capabilities')
    expect(capabilities.body).toMatchObject({ webhook_signing: { supported: false } })
    for (const table of ['push_notification_configs', 'webhook_events', 'webhook_signing_keys'] as const)
      expect(await keyless.db.selectFrom(table).selectAll().execute()).toEqual([])
  })
})

describe('beside the embedded database', () => {
  test('a key is made once, whole, for its owner’s eyes only', () => {
    const data = join(folder, 'data')
    const key = ownEncryptionKey(data)
    expect(readConfig({ SALESDESK_ENCRYPTION_KEY: key }).SALESDESK_ENCRYPTION_KEY).toBe(key)
    expect(ownEncryptionKey(data)).toBe(key)
    expect(readdirSync(data)).toEqual(['encryption-key'])
    expect(readFileSync(join(data, 'encryption-key'), 'utf8')).toBe(`${key}\n`)
    expect(statSync(join(data, 'encryption-key')).mode & 0o777).toBe(0o600)
  })

  test('a key that is no key is refused without being shown', () => {
    const wrong = 'hunter2-hunter2'
    expect(() => readConfig({ SALESDESK_ENCRYPTION_KEY: wrong })).toThrow(/openssl rand -base64 32/)
    expect(() => readConfig({ SALESDESK_ENCRYPTION_KEY: wrong })).not.toThrow(wrong)
  })
})

test('an operator replaces the key webhooks are signed with, and sees which one signs', async () => {
  const withKey = (...args: string[]) =>
    run(args, { DATABASE_URL: desk.databaseUrl, SALESDESK_ENCRYPTION_KEY: encryptionKey }, folder)
  await desk.db.deleteFrom('webhook_signing_keys').execute()
  expect((await withKey('keys')).stdout).toContain('There is no key yet')
  expect((await withKey('keys', 'rotate')).stdout).toContain('No other key is published.')
  expect((await withKey('keys', 'rotate')).stdout).toMatch(/signs from .*\nThe old key is withdrawn on /)
  expect((await withKey('keys', 'rotate')).stdout).toContain('A rotation is under way already')
  expect((await withKey('keys')).stdout).toMatch(/^whk_\S+ {2}active\nwhk_\S+ {2}next: signs from /)
  expect((await withKey('keys', 'rotate', '--compromised')).stdout).toContain('No other key is published.')
  expect((await withKey('keys')).stdout).toMatch(/^whk_\S+ {2}active$/)
  const keyless = await run(['keys', 'rotate'], { DATABASE_URL: desk.databaseUrl }, folder)
  expect(keyless.stderr).toContain('SALESDESK_ENCRYPTION_KEY is not set')
})
