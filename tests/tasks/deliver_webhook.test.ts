import { createHmac } from 'node:crypto'
import {
  InMemoryReplayStore,
  InMemoryRevocationStore,
  StaticJwksResolver,
  verifyWebhookSignature,
} from '@adcp/sdk/signing/server'
import { Logger, runOnce } from 'graphile-worker'
import { beforeEach, describe, expect, test } from 'vitest'
import { createTasks } from '../../src/app.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { replayWebhook } from '../../src/commands/replay_webhook.ts'
import { readConfig } from '../../src/config.ts'
import { enqueue, webhookLane } from '../../src/jobs.ts'
import { listeningLog } from '../support/log_lines.ts'
import { aPurchase, encryptionKey, testDesk, type Args } from '../support/desk.ts'
import { behave, everyRow } from '../support/orders.ts'
import { rowCounts } from '../support/row_counts.ts'
import { webhookReceiver, type Heard } from '../support/webhook_receiver.ts'

const receiver = webhookReceiver()
const log = listeningLog()
const variables = { WEBHOOK_ALLOW_LOOPBACK: 'true' }
const desk = testDesk(variables, { log: log.log, webhookDeadlineMs: 500 })
beforeEach(() => {
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now()) + 2 * 86_400_000)
})
const kim = { kind: 'operator', name: 'Kim' } as const
const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const podcast = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}
const authentication = (scheme: string) => ({
  authentication: { schemes: [scheme], credentials: 'sesame-open-sesame-0123456789abcdef' },
})

let serial = 0
/** Buys with a webhook to a path of its own. */
async function bought({ config = {}, ...overrides }: Args & { config?: Args; package?: Args } = {}) {
  const path = `/hook/${(serial += 1)}`
  const push_notification_config = { url: `${receiver.url}${path}`, ...config }
  const buyer = await desk.buyer()
  const args = aPurchase({ push_notification_config, ...overrides }, desk.now)
  const { body, isError, texts } = await buyer.call('create_media_buy', args)
  if (isError) throw new Error(texts.join('\n'))
  const { webhook_event_id } = (await lastEvent()) ?? {}
  return { path, body, buyer, heard: () => receiver.heard(path), event: webhook_event_id ?? '' }
}

const lastEvent = () =>
  desk.db.selectFrom('webhook_events').selectAll().orderBy('created_at', 'desc').limit(1).executeTakeFirst()
const eventOf = (id: string) =>
  desk.db
    .selectFrom('webhook_events')
    .selectAll()
    .where('webhook_event_id', '=', id)
    .executeTakeFirstOrThrow()
const attemptsOf = (id: string) =>
  desk.db
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('webhook_event_id', '=', id)
    .orderBy('attempt')
    .execute()

async function pass(ms: number) {
  desk.now = new Date(desk.now.getTime() + ms)
  await desk.runJobs()
}
/** Lets time go to the next attempt, and makes it. */
async function untilNext(id: string) {
  const { next_at } = await eventOf(id)
  await pass(next_at.getTime() - desk.now.getTime())
}

/** As a buyer checks a webhook: with the keys the desk publishes. */
async function verified({ path, headers, text }: Heard) {
  const response = await fetch(`${desk.url}/.well-known/jwks.json`)
  const { keys } = (await response.json()) as { keys: { kid: string; kty: string }[] }
  return verifyWebhookSignature(
    { method: 'POST', url: `${receiver.url}${path}`, headers, body: text },
    {
      jwks: new StaticJwksResolver(keys),
      replayStore: new InMemoryReplayStore(),
      revocationStore: new InMemoryRevocationStore(),
      now: () => Math.floor(desk.now.getTime() / 1000),
    },
  )
}

describe('a buyer that asked to be told', () => {
  test.each(['3.0', '3.1', undefined])(
    'and buys at once (%s) hears what the answer said',
    async (version) => {
      const { body, heard } = await bought({
        ...(version && { adcp_version: version }),
        config: { operation_id: 'op-1', token: 'a-token-of-the-buyer' },
        context: { correlation_id: 'abc' },
      })
      expect(body).not.toHaveProperty('message')
      await desk.runJobs()
      const [one, ...others] = heard()
      expect(others).toEqual([])
      expect(one?.body).toMatchObject({
        idempotency_key: expect.stringMatching(uuid4),
        operation_id: 'op-1',
        task_type: 'create_media_buy',
        protocol: 'media-buy',
        status: 'completed',
        timestamp: desk.now.toISOString(),
        token: 'a-token-of-the-buyer',
        context: { correlation_id: 'abc' },
      })
      const { adcp_version: _v, context: _c, idempotency_key: _k, replayed: _r, ...answered } = body
      expect(one?.body['result']).toEqual(answered)
      await expect(verified(one as Heard)).resolves.toMatchObject({ status: 'verified' })
    },
  )

  test('buys again with the same key and hears once', async () => {
    const idempotency_key = 'one-purchase-one-webhook'
    const { heard, buyer, path } = await bought({ idempotency_key })
    const again = aPurchase({ idempotency_key }, desk.now)
    await buyer.call('create_media_buy', {
      ...again,
      push_notification_config: { url: `${receiver.url}${path}` },
    })
    await desk.runJobs()
    expect(heard()).toHaveLength(1)
  })

  test.each(['approved', 'rejected'] as const)(
    'and waits for a person hears that it is %s',
    async (decision) => {
      const { body, heard, buyer } = await bought({ package: podcast, adcp_version: '3.1' })
      await desk.runJobs()
      expect(heard()).toEqual([])
      const task_id = String(body['task_id'])
      const now = desk.now
      await decideApproval(desk.db, {
        tenant_id: 'northwind',
        id: task_id,
        decision,
        decided_by: 'Kim',
        reason: 'Because.',
        now,
      })
      await desk.runJobs()
      const task = await buyer.call('tasks_get', { task_id, adcp_version: '3.1' })
      expect(task.body).toMatchObject({ has_webhook: true })
      const [one, ...others] = heard()
      expect(others).toEqual([])
      // a 3.1 buyer that registered no operation_id
      expect(one?.body).toMatchObject({ task_id, operation_id: task_id })
      if (decision === 'approved')
        expect(one?.body).toMatchObject({ status: 'completed', result: task.body['result'] })
      else
        expect(one?.body).toMatchObject({
          status: 'rejected',
          message: 'Declined: "Because."',
          result: {
            errors: [{ code: 'POLICY_VIOLATION', details: { media_buy_id: expect.stringMatching(/^mb_/) } }],
          },
        })
    },
  )

  test('hears a second time when the ad server refuses what was bought', async () => {
    await behave(desk.db, { refuse: 'Not this advertiser' })
    const { body, heard } = await bought()
    await desk.runJobs()
    await behave(desk.db, {})
    const told = heard().map((one) => one.body)
    expect(told.map(({ status }) => String(status)).sort()).toEqual(['completed', 'rejected'])
    expect(new Set(told.map(({ idempotency_key }) => String(idempotency_key))).size).toBe(2)
    expect(new Set(told.map(({ task_id }) => String(task_id))).size).toBe(1)
    const rejected = told.find(({ status }) => status === 'rejected')
    expect(rejected?.['result'].errors[0]).toMatchObject({
      message: expect.stringContaining('Not this advertiser'),
      details: { media_buy_id: body['media_buy_id'] },
    })
  })

  test('whose purchase fails hears nothing and leaves nothing behind', async () => {
    const buyer = await desk.buyer()
    const before = await rowCounts(desk.db)
    await desk.pool.query(
      `create function break_it() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$`,
    )
    await desk.pool.query(
      'create trigger break_it after update on idempotency_keys for each row execute function break_it()',
    )
    const push_notification_config = { url: `${receiver.url}/never` }
    const answer = await buyer.call('create_media_buy', aPurchase({ push_notification_config }, desk.now))
    await desk.pool.query('drop function break_it cascade')
    expect(answer.isError).toBe(true)
    expect(await rowCounts(desk.db)).toEqual(before)
    await desk.runJobs()
    expect(receiver.heard('/never')).toEqual([])
  })

  test('by HMAC can check the bytes with its own secret', async () => {
    const { heard } = await bought({ config: authentication('HMAC-SHA256') })
    await desk.runJobs()
    const { headers, text } = heard()[0] as Heard
    const at = String(headers['x-adcp-timestamp'])
    const { credentials } = authentication('HMAC-SHA256').authentication
    const mac = createHmac('sha256', credentials).update(`${at}.${text}`).digest('hex')
    expect(headers['x-adcp-signature']).toBe(`sha256=${mac}`)
    expect(headers).not.toHaveProperty('signature')
  })

  test('by Bearer gets its own token as authorization', async () => {
    const { heard } = await bought({ config: authentication('Bearer') })
    await desk.runJobs()
    const { headers } = heard()[0] as Heard
    expect(headers.authorization).toBe(`Bearer ${authentication('Bearer').authentication.credentials}`)
    expect(headers).not.toHaveProperty('signature')
  })

  test.each([
    ['http elsewhere', 'http://buyer.example/hook'],
    ['an address with a password', 'https://me:secret@buyer.example/hook'],
    ['another protocol', 'ftp://buyer.example/hook'],
  ])('at %s is refused before anything is bought', async (_what, url) => {
    const buyer = await desk.buyer()
    const before = await rowCounts(desk.db)
    const args = aPurchase({ push_notification_config: { url } }, desk.now)
    const { body } = await buyer.call('create_media_buy', args)
    expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'push_notification_config.url' })
    expect(await rowCounts(desk.db)).toEqual(before)
  })
})

describe('a buyer whose server', () => {
  test('is away hears the same bytes later, freshly signed', async () => {
    const { heard, event } = await bought({ config: { token: 'a-token-of-the-buyer' } })
    receiver.replies(503, 'reset', 'silence', { status: 302, headers: { location: '/elsewhere' } })
    await desk.runJobs()
    const pauses: number[] = []
    for (let i = 0; i < 4; i += 1) {
      const { next_at } = await eventOf(event)
      pauses.push((next_at.getTime() - desk.now.getTime()) / 1000)
      await untilNext(event)
      await expect(verified(heard()[i + 1] as Heard)).resolves.toMatchObject({ status: 'verified' })
    }
    expect(pauses).toEqual([5, 10, 20, 40])
    expect(new Set(heard().map(({ text }) => text)).size).toBe(1)
    expect(new Set(heard().map(({ headers }) => headers.signature)).size).toBe(5)
    const attempts = await attemptsOf(event)
    expect(attempts.map(({ outcome, http_status, result }) => [outcome, http_status, result])).toEqual([
      ['failed', 503, 'HTTP 503'],
      ['failed', null, 'ECONNRESET'],
      ['failed', null, 'no answer in time'],
      ['failed', 302, 'HTTP 302'],
      ['delivered', 200, 'HTTP 200'],
    ])
    expect(await eventOf(event)).toMatchObject({ state: 'delivered', attempts: 5 })
    await pass(86_400_000)
    expect(heard()).toHaveLength(5)
  })

  test('is away for a day is not asked again, until a person says so', async () => {
    const { heard, event } = await bought()
    receiver.replies(...Array.from({ length: 100 }, () => 500))
    const start = desk.now.getTime()
    for (let i = 0; i < 60 && (await eventOf(event)).state === 'pending'; i += 1) await untilNext(event)
    receiver.replies()
    expect(await eventOf(event)).toMatchObject({ state: 'dead', last_result: 'HTTP 500' })
    expect(desk.now.getTime() - start).toBeLessThanOrEqual(86_400_000)
    expect(desk.now.getTime() - start).toBeGreaterThan(86_400_000 - 2 * 3_600_000)
    const tried = heard().length
    expect(tried).toBeGreaterThan(24)
    await pass(3_600_000)
    expect(heard()).toHaveLength(tried)

    expect(await replayWebhook(desk.db, { id: event, actor: kim, now: desk.now })).toBe(true)
    await desk.runJobs()
    expect(heard()).toHaveLength(tried + 1)
    expect(new Set(heard().map(({ text }) => text)).size).toBe(1)
    expect(await eventOf(event)).toMatchObject({ state: 'delivered' })
    expect(await replayWebhook(desk.db, { id: event, actor: kim, now: desk.now })).toBe(false)
    expect(await replayWebhook(desk.db, { id: 'no-such-id', actor: kim, now: desk.now })).toBe(false)
  })

  test('does not trust our signature is not asked again', async () => {
    const { heard, event } = await bought()
    const headers = { 'www-authenticate': 'Signature error="webhook_signature_key_unknown"' }
    receiver.replies({ status: 401, headers })
    await desk.runJobs()
    await pass(86_400_000)
    expect(heard()).toHaveLength(1)
    expect(await eventOf(event)).toMatchObject({
      state: 'dead',
      last_result: 'HTTP 401, signature refused: webhook_signature_key_unknown',
    })
    expect(await attemptsOf(event)).toMatchObject([{ outcome: 'refused', http_status: 401 }])
  })
})

describe('a webhook', () => {
  const other = () =>
    createTasks({
      config: readConfig({ ...variables, SALESDESK_ENCRYPTION_KEY: encryptionKey }),
      databaseUrl: desk.databaseUrl,
      log: log.log,
      clock: () => desk.now,
    })
  const workOff = ({ pool, taskList }: ReturnType<typeof createTasks>) =>
    runOnce({ pgPool: pool, taskList, parsedCronItems: [], logger: new Logger(() => () => {}) })

  test('that two workers take at once is sent once', async () => {
    const { heard, event } = await bought()
    const workers = [other(), other(), other()]
    await desk.pool.query(
      `insert into graphile_worker._private_jobs (task_id, payload, max_attempts)
       select task_id, payload, max_attempts from graphile_worker._private_jobs, generate_series(1, 8)
       where payload ->> 'webhook_event_id' = $1`,
      [event],
    )
    await Promise.all(workers.map(workOff))
    await desk.runJobs()
    for (const { pool } of workers) await pool.end()
    expect(heard()).toHaveLength(1)
    expect(await attemptsOf(event)).toHaveLength(1)
  })

  test('whose worker died while it was sent is sent again, with the same key', async () => {
    const { heard, event } = await bought()
    const key = { webhook_event_id: event }
    // what a worker leaves that is killed after it has claimed an attempt
    await desk.db
      .insertInto('webhook_attempts')
      .values({ ...key, attempt: 1, started_at: desk.now })
      .execute()
    const next_at = new Date(desk.now.getTime() + 60_000)
    await desk.db.updateTable('webhook_events').set({ attempts: 1, next_at }).execute()
    await desk.runJobs()
    expect(heard()).toEqual([])
    await pass(60_000)
    expect(heard().map(({ body }) => String(body['idempotency_key']))).toEqual([event])
    const attempts = await attemptsOf(event)
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['unknown', 'delivered'])
  })

  test('that comes due only after its day is dead without being sent', async () => {
    const { heard, event } = await bought()
    await pass(86_400_000 + 1)
    expect(heard()).toEqual([])
    expect(await eventOf(event)).toMatchObject({ state: 'dead', attempts: 0 })
  })

  test('is not sent by a worker without the key, which says what is missing', async () => {
    const { heard, event } = await bought()
    const keyless = createTasks({
      config: readConfig(variables),
      databaseUrl: desk.databaseUrl,
      log: log.log,
      clock: () => desk.now,
    })
    await workOff(keyless)
    await keyless.pool.end()
    expect(heard()).toEqual([])
    expect(log.text()).toContain('SALESDESK_ENCRYPTION_KEY is not set for this worker')
    await untilNext(event)
    expect(heard()).toHaveLength(1)
  })
})

test('no secret of a buyer and no private key is in the database or the log as it is', async () => {
  const token = 'a-token-nobody-else-may-see'
  const { credentials } = authentication('Bearer').authentication
  const { heard } = await bought({ config: { token, ...authentication('Bearer') } })
  await desk.runJobs()
  expect(heard()[0]?.body).toMatchObject({ token })
  const stored = await everyRow(desk.db)
  for (const text of [stored, log.text()]) {
    for (const secret of [token, credentials, encryptionKey]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(Buffer.from(secret).toString('hex'))
    }
    expect(text).not.toMatch(/"d" ?:/)
  }
  expect(log.text()).not.toContain(receiver.url)
})

test('the published keys are public, for webhooks, one for each publisher', async () => {
  await bought()
  const response = await fetch(`${desk.url}/.well-known/jwks.json`)
  expect(response.status).toBe(200)
  const { keys } = (await response.json()) as { keys: Args[] }
  expect(keys).toEqual([
    {
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.any(String),
      kid: expect.stringMatching(/^whk_/),
      alg: 'EdDSA',
      use: 'sig',
      key_ops: ['verify'],
      adcp_use: 'webhook-signing',
    },
  ])
})

test('an early job waits for its time', async () => {
  const { heard, event } = await bought()
  const next_at = new Date(desk.now.getTime() + 30_000)
  await desk.db.updateTable('webhook_events').set({ next_at }).where('webhook_event_id', '=', event).execute()
  const lane = webhookLane('pinnacle', receiver.url)
  await desk.db
    .transaction()
    .execute((trx) => enqueue(trx, 'deliver_webhook', { webhook_event_id: event, lane }))
  await desk.runJobs()
  expect(heard()).toEqual([])
  await pass(30_000)
  expect(heard()).toHaveLength(1)
})
