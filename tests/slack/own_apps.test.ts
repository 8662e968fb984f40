import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectSlack } from '../../src/commands/slack/connect.ts'
import { createSeal } from '../../src/seal.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { encryptionKey, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { connectedPeople, decisions, waitingPurchase } from '../support/slack/people.ts'
import { otherSlackToken, signingSecret, slackToken, startSlack } from '../support/slack/server.ts'
import { signedSlack } from '../support/slack/signed.ts'

const slack = await startSlack()
const desk = testDesk({
  SLACK_BOT_TOKEN: slackToken,
  SLACK_SIGNING_SECRET: signingSecret,
  SLACK_API_URL: slack.apiUrl,
})
const tenant_id = 'northwind'
const team = { team_id: slack.team, team_name: 'Northwind' }
const seal = createSeal(encryptionKey)
const northSigns = 'Northwind’s app signs with this'
const southSigns = 'Southwind’s app signs with that'
/** What the app of either publisher sends to its own address, signed with the secret Slack gave that app. */
const own = { at: `/slack/events/${tenant_id}`, secret: northSigns }
const theirs = { at: '/slack/events/southwind', secret: southSigns }
const { click, answer, event, send } = signedSlack(desk, slack)
const { stepOf, settled } = decisions(desk)

const connectOwn = (whose: string, token: string, signing_secret?: string) =>
  connectSlack(desk.db, {
    ...{ tenant_id: whose, by: 'test', now: new Date() },
    how: { way: 'own_token', team, token, seal, ...(signing_secret !== undefined && { signing_secret }) },
  })
beforeAll(async () => {
  await seedAnotherPublisher(desk.db)
  await connectedPeople(desk, slack)
  const membership = { user_id: 'usr_kim', role: 'viewer', slack_user_id: slack.user('kim') } as const
  await desk.db
    .insertInto('memberships')
    .values({ tenant_id: 'southwind', ...membership })
    .execute()
})
beforeEach(async () => {
  await connectOwn(tenant_id, slackToken, northSigns)
  await connectOwn('southwind', otherSlackToken, southSigns)
  slack.calls.length = 0
})
const refusedFor = (words: string) =>
  eventually(words, () =>
    Promise.resolve(slack.calls.some(({ args }) => JSON.stringify(args).includes(words))),
  )
const untouched = async (step: string) =>
  expect(await stepOf(step)).toMatchObject({ status: 'requires_approval' })

describe('a publisher with a Slack app of its own', () => {
  test('decides with its buttons, signed with that app’s secret, in a voice of that app', async () => {
    const { step, value } = await waitingPurchase(desk)
    expect(await click('kim', 'reject', value, own)).toBe(200)
    await refusedFor('Why?')
    expect(await answer('kim', 'reject', value, 'Not in May', own)).toBe(200)
    await settled(step, 'rejected')
    expect(await stepOf(step)).toMatchObject({ decided_by: 'kim', reason: 'Not in May' })
    expect(slack.calls.map(({ token }) => token)).not.toContain(otherSlackToken)
  })

  test('is proven to Slack when its address is entered there', async () => {
    const challenge = { type: 'url_verification', token: 'x', challenge: 'echo me' }
    expect(await send(challenge, own)).toBe(200)
    expect(await send(challenge, { ...own, secret: southSigns })).toBe(401)
  })

  test('has a secret kept sealed, and a new one counts from the next click on', async () => {
    const { signing_secret_sealed: kept } = await desk.db
      .selectFrom('slack_connections')
      .select('signing_secret_sealed')
      .where('tenant_id', '=', tenant_id)
      .executeTakeFirstOrThrow()
    expect(kept?.toString('utf8')).not.toContain('signs')
    const { step, value } = await waitingPurchase(desk)
    await connectOwn(tenant_id, slackToken, 'renewed')
    expect(await click('kim', 'approve', value, own)).toBe(401)
    await untouched(step)
    expect(await click('kim', 'approve', value, { ...own, secret: 'renewed' })).toBe(200)
    await settled(step, 'completed')
  })

  test('is told nothing any more once its workspace takes the app out; another’s app says so for itself only', async () => {
    const later = { event_time: Math.floor(Date.now() / 1000) + 60 }
    const connected = () =>
      desk.db
        .selectFrom('slack_connections')
        .select('tenant_id')
        .where('uninstalled_at', 'is', null)
        .execute()
    await event({ type: 'app_uninstalled' }, later, theirs)
    await eventually('uninstalled', async () => (await connected()).length === 1)
    expect(await connected()).toEqual([{ tenant_id }])
  })
})

describe('a click decides nothing', () => {
  test('at a publisher’s address, where another’s app, the desk’s own or nobody signed it', async () => {
    const { step, value } = await waitingPurchase(desk)
    for (const secret of [southSigns, signingSecret, 'guessed'])
      expect([secret, await click('kim', 'approve', value, { ...own, secret })]).toEqual([secret, 401])
    expect(await click('kim', 'approve', value, { ...own, at: '/slack/events' })).toBe(401)
    await untouched(step)
  })

  test('where another publisher’s app signs, at its own address, what is about this one', async () => {
    const { step, value } = await waitingPurchase(desk)
    expect(await click('kim', 'approve', value, theirs)).toBe(200)
    await refusedFor('not connected to this workspace through this app')
    await untouched(step)
  })

  test('of the desk’s own app, where this publisher has one of its own', async () => {
    await connectOwn('southwind', otherSlackToken)
    const { step, value } = await waitingPurchase(desk)
    expect(await click('kim', 'approve', value)).toBe(200)
    await refusedFor('not connected to this workspace through this app')
    await untouched(step)
    await connectOwn(tenant_id, slackToken)
    expect(await click('kim', 'approve', value)).toBe(200)
    await settled(step, 'completed')
  })

  test('at the address of a publisher that has no app of its own, or that there is not', async () => {
    await connectOwn(tenant_id, slackToken)
    const { step, value } = await waitingPurchase(desk)
    expect(await click('kim', 'approve', value, own)).toBe(401)
    expect(await click('kim', 'approve', value, { ...own, at: '/slack/events/nobody' })).toBe(401)
    await untouched(step)
  })
})
