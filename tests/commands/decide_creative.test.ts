import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decideCreative, type CreativeDecision } from '../../src/commands/decide_creative.ts'
import { setApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { noticesAbout } from '../support/notices.ts'
import { mustBeOfficialWebhook } from '../support/official_answer.ts'
import { callsFor, served } from '../support/orders.ts'

const desk = testDesk()
const tenant_id = 'northwind'
let buyer: TestBuyer
beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})
beforeEach(async () => {
  desk.now = new Date(desk.now.getTime() + 60_000)
  await review('all')
})

const review = (review_creatives: string, more: Args = {}) =>
  setApprovalPolicy(desk.db, {
    tenant_id,
    policy: { review_creatives, ...more },
    actor: { kind: 'operator', name: 'Dana' },
  })
let serial = 0
const newId = () => `creative_${++serial}`
async function sync(creatives: Args[], overrides: Args = {}) {
  const { body } = await buyer.call('sync_creatives', aSync({ creatives, ...overrides }))
  expect(body.errors).toBeUndefined()
  return { message: body['message'], creatives: body['creatives'] as Args[] }
}
const statuses = async (...creatives: Args[]) =>
  (await sync(creatives)).creatives.map(({ action, status }) => [action, status])
const decide = (
  creative_id: string,
  decision: CreativeDecision['decision'],
  more: Partial<CreativeDecision> = {},
) =>
  decideCreative(desk.db, {
    ...{ tenant_id, principal_id: 'pinnacle', creative_id, decision, decided_by: 'Kim', now: desk.now },
    ...more,
  })
const approved = { type: 'approved' } as const
const rejected = { type: 'rejected', reason: 'Too loud' } as const

/** A purchase that brings its creative. */
async function buy(creative: Args, overrides: Args = {}) {
  const purchase = aPurchase({ package: { creatives: [creative] }, ...overrides }, desk.now)
  const { body, texts } = await buyer.call('create_media_buy', purchase)
  expect(body['media_buy_id'], texts.join('\n')).toBeTypeOf('string')
  return { media_buy_id: String(body['media_buy_id']), status: body['media_buy_status'] }
}
async function see(media_buy_id: string) {
  const { body } = await buyer.call('get_media_buys', { media_buy_ids: [media_buy_id], include_history: 9 })
  const [found] = body['media_buys'] as { status: string; packages: Args[]; history: Args[] }[]
  return { ...found, approvals: found?.packages[0]?.['creative_approvals'] }
}
/** What the buyer was told of a media buy on its webhook. */
async function told(media_buy_id: string) {
  const rows = await desk.db
    .selectFrom('webhook_events')
    .select('payload')
    .where('media_buy_id', '=', media_buy_id)
    .orderBy('created_at')
    .execute()
  const bodies = rows.map(({ payload }) => JSON.parse(payload) as Args)
  bodies.forEach((body) => {
    mustBeOfficialWebhook(body)
  })
  return bodies.map(({ message }) => String(message))
}
const push_notification_config = { url: 'https://buyer.example/hook' }

describe('a publisher that reviews creatives', () => {
  test('sees each new one first, and the buyer reads that it is pending_review', async () => {
    const id = newId()
    const { creatives, message } = await sync([aBanner(id)])
    expect(creatives).toEqual([{ creative_id: id, action: 'created', status: 'pending_review' }])
    expect(message).toContain('pending_review')
    expect(await noticesAbout(desk.db, `pinnacle/${id}`)).toEqual(['creative_review'])
    const { body } = await buyer.call('list_creatives', { filters: { statuses: ['pending_review'] } })
    expect(JSON.stringify(body)).toContain(id)
  })

  test('looks again at what the buyer changes of it and at what comes back, and not at its name', async () => {
    const id = newId()
    await sync([aBanner(id)])
    await decide(id, approved)
    expect(await statuses(aBanner(id, { name: 'Another', tags: ['spring'] }))).toEqual([
      ['updated', 'approved'],
    ])
    const other = { ...aBanner(id), assets: aBanner('other')['assets'] }
    expect(await statuses(other)).toEqual([['updated', 'pending_review']])
    expect(await statuses(other)).toEqual([['unchanged', 'pending_review']])
    await decide(id, rejected)
    expect(await statuses(other)).toEqual([['updated', 'pending_review']])
    await sync([aBanner(newId())], { delete_missing: true })
    expect(await statuses(other)).toEqual([['updated', 'pending_review']])
  })

  test('is told of many that come together a few at a time, and how many more there are', async () => {
    const ids = Array.from({ length: 8 }, newId)
    await sync(ids.map((id) => aBanner(id)))
    const told = await desk.db
      .selectFrom('notices')
      .select('detail')
      .where('kind', '=', 'creative_review')
      .where('created_at', '=', desk.now)
      .orderBy('notice_id')
      .execute()
    expect(told).toHaveLength(5)
    expect(told.at(-1)?.detail).toMatchObject({ creative_id: ids[4], and_more: 3 })
  })

  test('may trust some buyers, reviews nothing of a sandbox, and nothing unless it says so', async () => {
    await review('untrusted', { trusted_principals: ['pinnacle'] })
    expect(await statuses(aBanner(newId()))).toEqual([['created', 'approved']])
    await review('untrusted')
    expect(await statuses(aBanner(newId()))).toEqual([['created', 'pending_review']])
    await desk.db
      .updateTable('principals')
      .set({ sandbox: true })
      .where('principal_id', '=', 'pinnacle')
      .execute()
    const sandbox = { account: { account_id: 'sandbox' } }
    expect((await sync([aBanner(newId())], sandbox)).creatives).toMatchObject([{ status: 'approved' }])
    await desk.db
      .updateTable('principals')
      .set({ sandbox: false })
      .where('principal_id', '=', 'pinnacle')
      .execute()
    await review('none')
    expect(await statuses(aBanner(newId()))).toEqual([['created', 'approved']])
  })

  test('says so to agents of AdCP 3.1', async () => {
    const mode = async () => {
      const { body } = await buyer.call('get_adcp_capabilities', { adcp_version: '3.1' })
      return (body['media_buy'] as Args)['creative_approval_mode']
    }
    expect(await mode()).toBe('require_human')
    await review('none')
    expect(await mode()).toBeUndefined()
  })
})

describe('a purchase with a creative that waits for review', () => {
  test('waits for it, shows nothing of it, and goes on once a person approves; the buyer is told', async () => {
    const id = newId()
    const { media_buy_id, status } = await buy(aBanner(id), { push_notification_config })
    expect(status).toBe('pending_creatives')
    expect(await see(media_buy_id)).toMatchObject({ approvals: [{ approval_status: 'pending_review' }] })
    await desk.runJobs()
    expect(await callsFor(desk.db, media_buy_id)).not.toContain('upload_creative')
    expect(await decide(id, approved)).toEqual({ type: 'recorded' })
    await desk.runJobs()
    expect(await see(media_buy_id)).toMatchObject({
      status: 'pending_start',
      approvals: [{ approval_status: 'approved' }],
    })
    expect(await served(desk.db, media_buy_id)).toMatchObject([{ creatives: [{}] }])
    expect((await told(media_buy_id)).at(-1)).toContain(`${id} was approved`)
  })

  test('hears why it was rejected, waits on, and goes on with another', async () => {
    const id = newId()
    const { media_buy_id } = await buy(aBanner(id), { push_notification_config })
    await decide(id, rejected)
    expect(await see(media_buy_id)).toMatchObject({
      status: 'pending_creatives',
      approvals: [{ approval_status: 'rejected', rejection_reason: 'Too loud' }],
    })
    expect((await told(media_buy_id)).at(-1)).toContain('rejected: "Too loud"')
    expect(JSON.stringify((await see(media_buy_id)).history)).toContain('creative_rejected')
    await sync([{ ...aBanner(id), assets: aBanner('quiet')['assets'] }])
    await decide(id, approved)
    expect(await see(media_buy_id)).toMatchObject({ status: 'pending_start' })
  })

  test('that runs already stops showing what the buyer changed until it is reviewed', async () => {
    const id = newId()
    const { media_buy_id } = await buy(aBanner(id))
    await decide(id, approved)
    await desk.runJobs()
    await sync([{ ...aBanner(id), assets: aBanner('next')['assets'] }])
    await desk.runJobs()
    expect(await served(desk.db, media_buy_id)).toMatchObject([{ creatives: [] }])
    await decide(id, approved)
    await desk.runJobs()
    const [item] = await served(desk.db, media_buy_id)
    expect(item?.creatives.map(({ url }) => url)).toEqual(['https://cdn.acme-outdoor.example/next.png'])
  })
})

describe('a review', () => {
  test('is one decision, whoever decides at once, and all are told whose', async () => {
    const id = newId()
    await sync([aBanner(id)])
    const [one, other] = await Promise.all([
      decide(id, approved),
      decide(id, rejected, { decided_by: 'Eli' }),
    ])
    const first = one.type === 'recorded' ? 'Kim' : 'Eli'
    expect([one, other]).toContainEqual({ type: 'recorded' })
    expect([one, other]).toContainEqual(expect.objectContaining({ type: 'already_decided', by: first }))
    const audit = await desk.db.selectFrom('audit_log').select('actor').where('subject_id', '=', id).execute()
    expect(audit).toEqual([{ actor: first }])
    expect(await noticesAbout(desk.db, `pinnacle/${id}`)).toEqual(['creative_review', 'creative_settled'])
  })

  test('decides what the person saw, and not what the buyer sent meanwhile', async () => {
    const id = newId()
    await sync([aBanner(id)])
    const seen_at = desk.now
    desk.now = new Date(desk.now.getTime() + 1000)
    await sync([{ ...aBanner(id), assets: aBanner('worse')['assets'] }])
    expect(await decide(id, approved, { seen_at })).toEqual({ type: 'changed_since' })
    expect(await decide(id, approved, { seen_at: desk.now })).toEqual({ type: 'recorded' })
  })

  test('knows no creative of another publisher or buyer', async () => {
    const id = newId()
    await sync([aBanner(id)])
    expect(await decide(id, approved, { tenant_id: 'other' })).toEqual({ type: 'not_found' })
    expect(await decide(id, approved, { principal_id: 'acme_direct' })).toEqual({ type: 'not_found' })
  })
})
