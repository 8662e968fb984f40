import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { keepBearer } from '../../src/commands/keep_bearer.ts'
import { reseal, type Progress } from '../../src/commands/reseal.ts'
import { connectSlack } from '../../src/commands/slack/connect.ts'
import { setAdServerSecret } from '../../src/commands/set_ad_server_secret.ts'
import { createSeal, type Seal } from '../../src/seal.ts'
import { about, sealedColumns, type SealedColumn } from '../../src/sealed_columns.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { encryptionKey, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { buy } from '../support/orders.ts'

const desk = testDesk()
const old = createSeal(encryptionKey)
const columns = Object.keys(sealedColumns) as SealedColumn[]
const quietly = () => {}
const bank = { account_holder: 'Pinnacle Media GmbH', iban: 'DE89370400440532013000' }
const keep = (secret: string, seal: Seal) =>
  setAdServerSecret(desk.db, seal, {
    tenant_id: 'northwind',
    connection_id: 'house',
    secret,
    by: 'test',
    now: desk.now,
  })

const studio = { tenant_id: 'northwind', creative_agent_id: 'studio' }
let media_buy_id: string
beforeAll(async () => {
  const mcp_url = 'https://studio.example'
  const facts = { name: 'Studio', agent_url: mcp_url, mcp_url, position: 0, refresh_hours: 24, grace_days: 7 }
  await desk.db
    .insertInto('creative_agents')
    .values({ ...studio, ...facts })
    .execute()
  const buyer = await desk.buyer()
  const url = 'https://buyer.example/hook'
  const authentication = { schemes: ['Bearer'], credentials: `bearer-${'c'.repeat(32)}` }
  await buy(buyer, { push_notification_config: { url, token: 'a-token-of-sixteen' } })
  media_buy_id = await buy(buyer, {
    push_notification_config: { url, token: 'another-of-sixteen', authentication },
    account: { account_id: 'acc_acme_pinnacle' },
    invoice_recipient: { legal_name: 'Pinnacle Media GmbH', bank },
  })
  await seedAnotherPublisher(desk.db)
  const slack = { by: 'test', now: desk.now }
  const team = { team_id: 'T1', team_name: 'Northwind' }
  const own = { way: 'own_token', team, token: 'xoxb-1', signing_secret: 'signs', seal: old } as const
  await connectSlack(desk.db, { ...slack, tenant_id: 'northwind', how: own })
  const escalation_url = 'https://hooks.slack.com/services/2'
  const main = 'https://hooks.slack.com/services/1'
  const hook = { way: 'incoming_webhook', url: main, escalation_url, seal: old } as const
  await connectSlack(desk.db, { ...slack, tenant_id: 'southwind', how: hook })
})

/** Each test replaces the desk's key by one of its own; the next one finds everything under the desk's again. */
let newKey = encryptionKey
let [before, during, after] = [old, old, old]
beforeEach(async () => {
  await reseal(desk.db, createSeal(encryptionKey, [newKey]), quietly)
  newKey = randomBytes(32).toString('base64')
  ;[before, during, after] = [old, createSeal(newKey, [encryptionKey]), createSeal(newKey)]
  await keep('the key of the house ad server', before)
  const bearer = { seal: before, plain: 'the token for the studio' }
  await keepBearer(desk.db, { ...studio, bearer, by: 'test', now: desk.now })
})

/** Every sealed value there is, opened, by what it is about. */
async function opened(seal: Seal): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const column of columns) {
    const { table, row, of } = sealedColumns[column]
    const { rows } = await sql<{ row: string; subject: string; sealed: Buffer }>`
      select ${sql.ref(row)} as "row", ${sql.ref(of)} as subject, ${sql.ref(column)} as sealed
      from ${sql.table(table)} where ${sql.ref(column)} is not null`.execute(desk.db)
    expect(rows.length, `this test lets nobody seal anything in ${table}.${column}`).toBeGreaterThan(0)
    for (const one of rows) all[`${column} ${one.row}`] = seal.open(one.sealed, about(column, one.subject))
  }
  return all
}

test('every column that keeps bytes is known as sealed, or keeps a hash', async () => {
  const { rows } = await sql<{ name: string }>`
    select table_name || '.' || column_name as name from information_schema.columns
    where data_type = 'bytea' and table_schema in ('public', 'simulated') and column_name not like '%\\_hash'
    order by 1`.execute(desk.db)
  const known = columns.map((column) => `${sealedColumns[column].table}.${column}`)
  expect(rows.map(({ name }) => name)).toEqual(known.sort())
  for (const column of columns) expect(column).toMatch(/_sealed$/)
})

describe('a publisher that replaces its encryption key', () => {
  test('has everything under the new one alone, and as it was', async () => {
    const all = await opened(before)
    const outcome = await reseal(desk.db, during, quietly)
    expect(outcome).toEqual({ resealed: Object.keys(all).length, unopened: [], left: 0 })
    expect(await opened(after)).toEqual(all)
    await expect(opened(before)).rejects.toThrow('does not open')
    expect(await reseal(desk.db, during, quietly)).toMatchObject({ resealed: 0 })
  })

  test('may be stopped in the middle, and goes on from there', async () => {
    await manyTokens(450)
    const seen: Progress[] = []
    await expect(
      reseal(desk.db, during, (progress) => {
        seen.push(progress)
        throw new Error('killed')
      }),
    ).rejects.toThrow('killed')
    expect(seen).toEqual([
      { table: 'push_notification_configs', column: 'token_sealed', done: 200, total: 452 },
    ])
    const all = await opened(during)
    await reseal(desk.db, during, (progress) => seen.push(progress))
    expect(seen[1]).toMatchObject({ column: 'token_sealed', done: 200, total: 252 })
    expect(await opened(after)).toEqual(all)
  })

  test('may do it twice at once', async () => {
    const all = await opened(before)
    const [one, two] = await Promise.all([reseal(desk.db, during, quietly), reseal(desk.db, during, quietly)])
    expect(one.resealed + two.resealed).toBe(Object.keys(all).length)
    expect(await opened(after)).toEqual(all)
  })

  test('loses nothing that somebody sets at that very moment', async () => {
    const setting = await desk.db.startTransaction().execute()
    const secret_sealed = before.close('a newer key', about('secret_sealed', 'house'))
    await setting.updateTable('ad_server_secrets').set({ secret_sealed }).execute()
    const resealing = reseal(desk.db, during, quietly)
    await eventually('resealing waits for the row', async () => {
      const { rows } = await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        desk.db,
      )
      return rows.length > 0 || undefined
    })
    await setting.commit().execute()
    // what a process without the new key sealed is told, and done the next time
    expect(await resealing).toMatchObject({ left: 1, unopened: [] })
    expect(await reseal(desk.db, during, quietly)).toEqual({ resealed: 1, left: 0, unopened: [] })
    expect((await opened(after))['secret_sealed house']).toBe('a newer key')
  })

  test('is told what no key of its opens, and keeps it', async () => {
    await keep('sealed under a key long lost', createSeal(randomBytes(32).toString('base64')))
    const outcome = await reseal(desk.db, during, quietly)
    expect(outcome).toMatchObject({ unopened: ['ad_server_secret:house'], left: 1 })
    await keep('set anew', during)
    expect(await reseal(desk.db, during, quietly)).toMatchObject({ unopened: [], left: 0 })
  })
})

test('what is sealed opens in its own row only', async () => {
  const all = await desk.db.selectFrom('ad_server_secrets').selectAll().executeTakeFirstOrThrow()
  expect(() => old.open(all.secret_sealed, about('secret_sealed', 'screens'))).toThrow('does not open')
  for (const column of columns.filter((one) => one !== 'secret_sealed'))
    expect(() => old.open(all.secret_sealed, about(column, 'house'))).toThrow('does not open')
})

/** As many more destinations of one media buy, each with a token of its own. */
async function manyTokens(n: number) {
  const config = await desk.db
    .selectFrom('push_notification_configs')
    .selectAll()
    .where('media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  const rows = Array.from({ length: n }, (_, i) => ({
    ...config,
    context: null,
    task_id: `task_more_${i}`,
    token_sealed: before.close(`token ${i}`, about('token_sealed', media_buy_id)),
  }))
  await desk.db.insertInto('push_notification_configs').values(rows).execute()
}
