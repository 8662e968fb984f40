import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { bootMockServer } from '@adcp/sdk/mock-server'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { keepBearer } from '../../src/commands/keep_bearer.ts'
import { setAdServerSecret } from '../../src/commands/set_ad_server_secret.ts'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { createSeal } from '../../src/seal.ts'
import { about } from '../../src/sealed_columns.ts'
import { aSync } from '../support/creatives.ts'
import {
  aPurchase,
  connectBuyer,
  encryptionKey,
  testDesk,
  type Args,
  type TestBuyer,
} from '../support/desk.ts'
import { faults, startFaultProxy, type FaultProxy } from '../support/fault_proxy.ts'
import * as onBroadstreet from '../support/broadstreet/selling.ts'
import { startFakeBroadstreet } from '../support/broadstreet/server.ts'
import { onHomepage } from '../support/google_ad_manager/selling.ts'
import * as onKevel from '../support/kevel/selling.ts'
import { startFakeKevel } from '../support/kevel/server.ts'
import { startFakeGoogle, type Fault } from '../support/google_ad_manager/server.ts'
import { listeningLog } from '../support/log_lines.ts'
import { startMirror } from '../support/mirror.ts'
import { killAll, run, salesdesk } from '../support/processes.ts'
import { leaksIn, rememberedRows, rememberRows } from '../support/secrets.ts'

const google = await startFakeGoogle()
const kevel = await startFakeKevel()
const broadstreet = await startFakeBroadstreet()
const mirror = await startMirror()
const log = listeningLog()
const mockKey = `mock-key-${randomUUID()}`
const oldKey = randomBytes(32).toString('base64')
const variables = {
  SALESDESK_SECRET_MOCK: mockKey,
  SALESDESK_DECRYPTION_KEYS: oldKey,
  WEBHOOK_ALLOW_LOOPBACK: 'true',
}
const desk = testDesk(variables, { log: log.log, stepDeadlineMs: 1000, webhookDeadlineMs: 500 })

/** Every text that anybody may come to see, by where, and every secret that is in use, by what it is. */
const seen: Record<string, string> = {}
const secrets: Record<string, string> = {
  'the encryption key': encryptionKey,
  'the encryption key before it': oldKey,
  'the API key of adcp_mock': mockKey,
  'the private key of the service account': (JSON.parse(google.serviceAccount) as Args)[
    'private_key'
  ] as string,
  'the access token of Google': google.token,
  'the key of Kevel': kevel.key,
  'the token of Broadstreet': broadstreet.token,
  'the HMAC secret of a buyer': `hmac-${randomUUID()}`,
  'the bearer token of a buyer': `bearer-${randomUUID()}`,
  'the token in the body of webhooks': `echo-${randomUUID()}`,
  'the token of a creative agent': `studio-${randomUUID()}`,
  'an IBAN': 'DE89370400440532013000',
}

const everyStatus = [200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503]
/** The clock stands still while a test runs, and with it whatever would let calls through by the second. */
const unhurried = { calls_per_second: null, timeout_ms: 400 }
/** How to reach each kind of ad server at an address, and what is sold on it. */
const adServers: Record<string, { settings: (base_url: string) => Args; product: Args; secret?: string }> = {
  simulated: { settings: () => ({}), product: {} },
  adcp_mock: {
    settings: (base_url) => ({
      base_url,
      network_code: 'net_premium_us',
      advertiser_id: 'adv_volta',
      timeout_ms: 400,
    }),
    product: { product_id: 'sports_preroll_q2_guaranteed', ad_unit_targeting: ['au_us_video_preroll'] },
    secret: mockKey,
  },
  google_ad_manager: {
    settings: (base_url) => ({ ...google.settings, base_url, create_advertisers: true, timeout_ms: 400 }),
    product: onHomepage,
    secret: google.serviceAccount,
  },
  kevel: {
    settings: (base_url) => ({
      ...unhurried,
      base_url,
      network_id: 9872,
      currency: 'EUR',
      advertiser_id: 502,
    }),
    product: onKevel.onHomepage,
    secret: kevel.key,
  },
  broadstreet: {
    settings: (base_url) => ({
      ...onBroadstreet.ofNetwork,
      ...unhurried,
      base_url,
      currency: 'EUR',
      advertiser_id: 302,
    }),
    product: onBroadstreet.onHomepage,
    secret: broadstreet.token,
  },
}

let buyer: TestBuyer
/** What stands between the desk and an ad server that speaks JSON. */
const proxies: Record<string, FaultProxy> = {}
const afterwards: (() => Promise<unknown>)[] = [google, kevel, broadstreet, mirror].map(
  (server) => () => server.close(),
)
afterAll(async () => {
  for (const close of afterwards) await close()
})
afterEach(killAll)
beforeAll(async () => {
  // ahead of the wall clock, so that only what this test lets become due is due
  desk.now = new Date(Date.now() + 86_400_000)
  await rememberRows(desk.db)
  const mock = await bootMockServer({ specialism: 'sales-guaranteed', port: 0, apiKey: mockKey })
  for (const [kind, { url }] of Object.entries({ adcp_mock: mock, kevel, broadstreet })) {
    const proxy = (proxies[kind] = await startFaultProxy(url))
    afterwards.unshift(proxy.close)
  }
  afterwards.push(mock.close)
  const token = await desk.token()
  secrets['the token of a principal'] = token
  const { client, call } = await connectBuyer(`${desk.url}/mcp`, token)
  afterwards.unshift(() => client.close())
  buyer = {
    client,
    async call(tool, args) {
      const answer = await call(tool, args)
      seen['what buyers are answered'] += JSON.stringify([answer.body, answer.texts])
      return answer
    },
  }
  await desk.db.updateTable('pricing_options').set({ floor_price: null, fixed_price: '5' }).execute()
  await desk.db.updateTable('accounts').set({ credit_limit: null, credit_currency: null }).execute()
})

/** From now on everything is sold over a new connection of this kind, whose secret is kept sealed or in the environment. */
async function sellOn(kind: string, base_url: string, { product = {}, secret, ...more }: Args = {}) {
  const server = adServers[kind]
  const connection_id = `${kind}_${randomUUID().slice(0, 8)}`
  const named = kind === 'adcp_mock' && base_url !== mirror.url
  const row = {
    connection_id,
    tenant_id: 'northwind',
    kind,
    name: kind,
    secret_name: named ? 'SALESDESK_SECRET_MOCK' : null,
    settings: jsonb({ ...server?.settings(base_url), ...more }),
  }
  await desk.db.insertInto('adapter_configs').values(row).execute()
  const kept = (secret ?? server?.secret) as string | undefined
  if (kept !== undefined && !named) {
    const by = { tenant_id: 'northwind', by: 'test', now: desk.now }
    await setAdServerSecret(desk.db, createSeal(encryptionKey), { connection_id, secret: kept, ...by })
  } else
    await desk.db.transaction().execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id }))
  await desk.runJobs()
  await desk.db
    .updateTable('products')
    .set({ connection_id, ad_server_config: jsonb({ ...server?.product, ...(product as Args) }) })
    .execute()
}

let serial = 0
/** Buys with everything that is secret, and lets the workers do what they can. */
async function buyAndWork(): Promise<string> {
  const webhook = webhooks[serial++ % webhooks.length]
  const purchase = aPurchase({ package: { bid_price: undefined }, ...webhook, ...invoice }, desk.now)
  const { isError, body, texts } = await buyer.call('create_media_buy', purchase)
  expect(isError ? texts : []).toEqual([])
  await desk.runJobs()
  return String(body['media_buy_id'])
}
const by = (scheme: string, credentials: string) => ({ authentication: { schemes: [scheme], credentials } })
const token = secrets['the token in the body of webhooks']
const hook = { url: `${mirror.url}/hook`, token }
const webhooks: Args[] = [
  {
    push_notification_config: { ...hook, ...by('HMAC-SHA256', secrets['the HMAC secret of a buyer'] ?? '') },
  },
  { push_notification_config: { ...hook, ...by('Bearer', secrets['the bearer token of a buyer'] ?? '') } },
  { push_notification_config: hook },
]
const invoice = {
  account: { account_id: 'acc_acme_pinnacle' },
  invoice_recipient: {
    legal_name: 'Pinnacle Media GmbH',
    bank: { account_holder: 'Pinnacle Media GmbH', iban: secrets['an IBAN'] },
  },
}

test('every kind of ad server is part of this', () => {
  const kinds = readdirSync(new URL('../../src/adapters', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'contract')
    .map(({ name }) => name)
  expect(Object.keys(adServers).sort()).toEqual(kinds.sort())
})

describe('a faulty run', () => {
  test('on an ad server of our own that misbehaves in every way it can', async () => {
    const ways: Args[] = [
      { refuse: 'sold out' },
      { busy: 2 },
      { rate_limited: 1 },
      { lose_answers: 2 },
      { needs_person: 'somebody has to look' },
      { hang: true },
    ]
    for (const product of ways) {
      await sellOn('simulated', '', { product })
      await buyAndWork()
    }
  })

  test.each(Object.keys(adServers).filter((kind) => kind !== 'simulated'))(
    'on %s that says back whatever it is told, with every status',
    async (kind) => {
      await sellOn(kind, mirror.url)
      for (const status of everyStatus) {
        mirror.answers(status)
        await desk.db.deleteFrom('ad_server_traffic').execute()
        await buyAndWork()
      }
    },
  )

  test.each(['adcp_mock', 'kevel', 'broadstreet'])('on %s that quotes our key', async (kind) => {
    const proxy = proxies[kind]
    await sellOn(kind, proxy?.url ?? '')
    const headers = { 'content-type': 'application/json' }
    const key = adServers[kind]?.secret
    const said = `Authorization: Bearer ${key} is wrong in ?access_token=${key}`
    const body = JSON.stringify({ code: key, message: said, Message: said, errors: { base: [said] } })
    const quoting = [401, 422, 500].map((status) => ({ forward: false, answer: { status, headers, body } }))
    for (const fault of [...Object.values(faults), ...quoting]) {
      proxy?.next(fault)
      await desk.db.deleteFrom('ad_server_traffic').execute()
      await buyAndWork()
    }
  })

  test('on Google, which quotes our token', async () => {
    await sellOn('google_ad_manager', google.url)
    const said = `Authorization: Bearer ${google.token}`
    const answers: Fault['answer'][] = [
      'drop',
      'silence',
      'truncated',
      { after_ms: 600 },
      { status: 503, body: said },
      [{ type: 'StringLengthError', reason: 'TOO_LONG', trigger: said }],
      [{ type: 'AuthenticationError', reason: 'AUTHENTICATION_FAILED', trigger: said }],
      [{ type: 'PermissionError', reason: 'PERMISSION_DENIED', trigger: said }],
      [{ type: 'QuotaError', reason: 'EXCEEDED_QUOTA', trigger: said }],
    ]
    for (const [i, answer] of answers.entries()) {
      const operation = ['createOrders', 'createLineItems', 'performOrderAction'][i % 3] ?? ''
      google.next(operation, { carried_out: i % 2 === 0, answer })
      await desk.db.deleteFrom('ad_server_traffic').execute()
      await buyAndWork()
    }
  })

  test('on Google, whose token endpoint says back what it is shown', async () => {
    const secret = JSON.stringify({
      ...(JSON.parse(google.serviceAccount) as Args),
      token_uri: `${mirror.url}/token`,
    })
    for (const status of everyStatus) {
      mirror.answers(status)
      await sellOn('google_ad_manager', google.url, { secret })
      await buyAndWork()
    }
  })

  test('of changes and creatives on orders that stand', async () => {
    await sellOn('google_ad_manager', google.url, { poll_minutes: 1 })
    const media_buy_id = await buyAndWork()
    for (const operation of ['createCreatives', 'updateLineItems', 'performLineItemAction'])
      google.next(operation, {
        carried_out: false,
        answer: [{ type: 'CommonError', reason: 'NOT_FOUND', trigger: google.token }],
      })
    await buyer.call('sync_creatives', aSync())
    await buyer.call('update_media_buy', {
      media_buy_id,
      idempotency_key: randomUUID(),
      account: { account_id: 'acc_acme_pinnacle' },
      paused: true,
    })
    await desk.runJobs()
  })
})

test('whatever a creative agent says back of the token it is shown', async () => {
  const agent = { creative_agent_id: 'mirror', name: 'Mirror', agent_url: 'https://mirror.example' }
  const rest = { position: 1, refresh_hours: 24, grace_days: 7 }
  await desk.db
    .insertInto('creative_agents')
    .values({ ...agent, ...rest, tenant_id: 'northwind', mcp_url: `${mirror.url}/mcp` })
    .execute()
  const plain = secrets['the token of a creative agent'] ?? ''
  const bearer = { seal: createSeal(encryptionKey), plain }
  for (const status of everyStatus) {
    mirror.answers(status)
    const kept = { tenant_id: 'northwind', creative_agent_id: 'mirror', bearer, by: 'test', now: desk.now }
    await keepBearer(desk.db, kept)
    await desk.db
      .transaction()
      .execute((trx) => enqueue(trx, 'read_creative_agent', { creative_agent_id: 'mirror' }))
    await desk.runJobs()
  }
  expect(mirror.shown).toContain(plain)
  await buyer.call('list_creative_formats')
})

describe('after it', () => {
  beforeAll(async () => {
    // what is tried again is, until nobody has patience any more
    for (const hours of [2, 26]) {
      desk.now = new Date(desk.now.getTime() + hours * 3_600_000)
      await desk.runJobs()
    }
    for (const tool of [
      'get_media_buys',
      'tasks_list',
      'get_adcp_capabilities',
      'list_accounts',
      'get_products',
    ])
      await buyer.call(tool)
    const env = {
      ...variables,
      DATABASE_URL: desk.databaseUrl,
      SALESDESK_ENCRYPTION_KEY: encryptionKey,
      LOG_LEVEL: 'trace',
    }
    for (const command of ['steps', 'doctor', 'gam check', 'secret list', 'creative-agents']) {
      const { stdout, stderr } = await run(command.split(' '), env)
      seen[`salesdesk ${command}`] = stdout + stderr
    }
    const worker = salesdesk(['work'], env)
    await worker.said(/is ready/)
    worker.kill('SIGTERM')
    await worker.exited
    seen['a worker process'] = worker.stdout() + worker.stderr()
    const signing = await desk.db.selectFrom('webhook_signing_keys').selectAll().execute()
    for (const { kid, private_sealed } of signing) {
      const jwk = createSeal(encryptionKey).open(private_sealed, about('private_sealed', kid))
      secrets[`the private half of ${kid}`] = (JSON.parse(jwk) as { d: string }).d
    }
    for (const [i, shown] of [...mirror.shown].entries())
      secrets[`credential ${i} the mirror was shown`] = shown
    seen['the log'] = log.text()
    Object.assign(seen, await rememberedRows(desk.db))
  }, 60_000)

  test('everything that can go wrong has gone wrong', async () => {
    const { rows } = await desk.pool.query<{ state: string }>('select distinct state::text from fulfilments')
    expect(rows.map(({ state }) => state)).toEqual(expect.arrayContaining(['refused', 'needs_human']))
    const classes = new Set(log.lines().map((line) => line['class']))
    expect([...classes]).toEqual(
      expect.arrayContaining([
        'transient',
        'rate_limited',
        'ambiguous',
        'permanent',
        'needs_human',
        'config',
      ]),
    )
    expect(seen['salesdesk steps']).toContain('adcp_mock')
    expect(seen['salesdesk doctor']).toMatch(/FAIL {2}people/)
    expect(seen['salesdesk gam check']).toContain('FAIL')
    expect(seen['graphile_worker._private_jobs']).toContain('fulfilment_id')
    expect(mirror.shown.size).toBeGreaterThanOrEqual(5)
    for (const place of [
      'webhook_attempts',
      'workflow_steps',
      'idempotency_keys',
      'audit_log',
      'ad_server_secrets',
    ])
      expect(seen[`public.${place}`], place).not.toHaveLength(0)
  })

  test('no secret is anywhere to be seen', () => {
    expect(leaksIn(seen, secrets)).toEqual([])
  })

  test('one that were there, whole, cut short or written otherwise, would have been found', async () => {
    for (const [secret, value] of Object.entries(secrets)) {
      const line = value.split('\n').at(1) ?? value
      for (const written of [
        value,
        line.slice(0, 60),
        encodeURIComponent(line),
        Buffer.from(line).toString('hex'),
      ])
        expect(leaksIn({ here: `…${written}…` }, { [secret]: value })).toEqual([{ secret, place: 'here' }])
    }
    await desk.db.transaction().execute((trx) => enqueue(trx, 'fulfil_media_buy', { fulfilment_id: mockKey }))
    await desk.db
      .updateTable('ad_server_secrets')
      .set({ secret_sealed: Buffer.from(mockKey) })
      .execute()
    const places = new Set(leaksIn(await rememberedRows(desk.db), secrets).map(({ place }) => place))
    expect([...places].sort()).toEqual(['graphile_worker._private_jobs', 'public.ad_server_secrets'])
  })
})
