import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { openConnection } from '../../src/connections.ts'
import { removeAdServerSecret } from '../../src/commands/remove_ad_server_secret.ts'
import { resolveStep } from '../../src/commands/resolve_step.ts'
import { setAdServerSecret } from '../../src/commands/set_ad_server_secret.ts'
import { readConfig } from '../../src/config.ts'
import { createSeal } from '../../src/seal.ts'
import { adcpMockDesk, secret } from '../support/adcp_mock_desk.ts'
import { encryptionKey } from '../support/desk.ts'
import { askedOfPeople, fulfilmentsOf, stepsOf } from '../support/orders.ts'

const it = adcpMockDesk()
const { desk } = it
const tenant_id = 'northwind'
const connection_id = 'adcp'
const keep = (value: string, key = encryptionKey) =>
  setAdServerSecret(desk.db, createSeal(key), {
    tenant_id,
    connection_id,
    secret: value,
    by: 'test',
    now: desk.now,
  })
const forget = () => removeAdServerSecret(desk.db, { tenant_id, connection_id, by: 'test' })

beforeEach(async () => {
  // ahead of the wall clock, so that only what a test lets become due is due
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now() + 86_400_000))
  await forget()
})

/** Buys, and lets the workers do what they can at once. */
async function bought(): Promise<string> {
  const id = await it.buy(await desk.buyer())
  await desk.runJobs()
  return id
}
const stateOf = async (id: string) => (await fulfilmentsOf(desk.db, id))[0]?.state

describe('the secret of an ad server that is kept sealed', () => {
  test('is used by workers that run already, from their next call on, until it is removed', async () => {
    expect(await stateOf(await bought())).toBe('waiting')
    await keep('not-what-the-ad-server-knows')
    const id = await bought()
    expect(await stateOf(id)).toBe('needs_human')
    await keep(secret)
    await resolveStep(desk.db, { tenant_id, id, how: { type: 'retried' }, by: 'test', now: desk.now })
    await desk.runJobs()
    expect(await stateOf(id)).toBe('waiting')
    await keep('not-what-the-ad-server-knows')
    expect(await stateOf(await bought())).toBe('needs_human')
    await forget()
    expect(await stateOf(await bought())).toBe('waiting')
  })

  test('that does not open puts the order before a person who is told what to do', async () => {
    await keep(secret, randomBytes(32).toString('base64'))
    const id = await bought()
    const [asked] = await askedOfPeople(desk.db, id)
    expect(asked).toMatchObject({
      title: expect.stringContaining('does not open with the encryption keys of this worker'),
      suggested_action: expect.stringContaining('then retry'),
    })
    expect(asked?.title).toContain('salesdesk secret set adcp')
    expect(await stepsOf(desk.db, id)).toEqual([])
  })

  test('does not open for another connection', async () => {
    await keep(secret)
    const rest = { tenant_id, set_at: desk.now, set_by: 'a thief' }
    const { secret_sealed } = await desk.db
      .selectFrom('ad_server_secrets')
      .select('secret_sealed')
      .executeTakeFirstOrThrow()
    await desk.db
      .insertInto('ad_server_secrets')
      .values({ connection_id: 'house', secret_sealed, ...rest })
      .execute()
    const config = readConfig({ SALESDESK_ENCRYPTION_KEY: encryptionKey })
    await expect(openConnection(desk.db, config, 'house')).rejects.toMatchObject({ class: 'config' })
    await desk.db.deleteFrom('ad_server_secrets').where('connection_id', '=', 'house').execute()
  })

  test('needs the key of the desk in every worker', async () => {
    await keep(secret)
    await expect(openConnection(desk.db, readConfig({}), connection_id)).rejects.toMatchObject({
      class: 'config',
      message: expect.stringContaining('SALESDESK_ENCRYPTION_KEY is not set for this worker'),
    })
  })

  test('lets a connection be known at once that could not be reached without it', async () => {
    await desk.db
      .updateTable('adapter_configs')
      .set({ secret_name: null, capabilities_synced_at: null })
      .where('connection_id', '=', connection_id)
      .execute()
    await keep(secret)
    await desk.runJobs()
    const { capabilities_synced_at } = await desk.db
      .selectFrom('adapter_configs')
      .select('capabilities_synced_at')
      .where('connection_id', '=', connection_id)
      .executeTakeFirstOrThrow()
    expect(capabilities_synced_at).toEqual(desk.now)
  })

  test('is nobody’s but its publisher’s', async () => {
    const other = { tenant_id: 'somebody_else', connection_id, secret, by: 'test', now: desk.now }
    expect(await setAdServerSecret(desk.db, createSeal(encryptionKey), other)).toBe(false)
    await keep(secret)
    expect(await removeAdServerSecret(desk.db, other)).toBe(false)
    const audited = await desk.db
      .selectFrom('audit_log')
      .select(['tenant_id', 'action', 'detail'])
      .where('subject_kind', '=', 'connection')
      .orderBy('audit_id', 'desc')
      .limit(1)
      .execute()
    const detail = { name: 'AdCP ad server', instead_of: null }
    expect(audited).toEqual([{ tenant_id, action: 'set_secret', detail }])
  })
})
