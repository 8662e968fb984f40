import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { connectedPeople, decisions, waitingPurchase } from '../support/slack/people.ts'
import { signingSecret, slackToken, startSlack } from '../support/slack/server.ts'
import { signedSlack, type Sent } from '../support/slack/signed.ts'

const slack = await startSlack()
const desk = testDesk({
  SLACK_BOT_TOKEN: slackToken,
  SLACK_SIGNING_SECRET: signingSecret,
  SLACK_API_URL: slack.apiUrl,
})
const tenant_id = 'northwind'
beforeAll(() => connectedPeople(desk, slack))
beforeEach(() => {
  slack.calls.length = 0
})

const waiting = async () => (await waitingPurchase(desk)).step
const { click: press, answer: send } = signedSlack(desk, slack)
const click = (name: string, action_id: string, step: string, sent: Sent = {}) =>
  press(name, action_id, `${tenant_id} ${step}`, sent)
const answer = (name: string, callback_id: string, step: string, text: string) =>
  send(name, callback_id, `${tenant_id} ${step}`, text)
const { stepOf: statusOf, settled } = decisions(desk)
/** What only this person was told. */
const privately = (words: string) =>
  eventually(words, () =>
    Promise.resolve(
      slack.calls.some(
        ({ method, args }) => method === 'chat.postEphemeral' && args['text']?.includes(words),
      ),
    ),
  )
const shown = async () => JSON.stringify((await slack.messages()).at(-1))

describe('a click of an approver', () => {
  test('decides, and the message says who did for everyone', async () => {
    const step = await waiting()
    expect(await click('kim', 'approve', step)).toBe(200)
    await settled(step, 'completed')
    expect(await statusOf(step)).toMatchObject({ decided_by: 'kim' })
    const { user_id } = await desk.db
      .selectFrom('audit_log')
      .select('user_id')
      .where('subject_id', '=', step)
      .where('action', '=', 'approve')
      .executeTakeFirstOrThrow()
    expect(user_id).toBe('usr_kim')
    await desk.runJobs()
    expect(await shown()).toContain('Approved by kim')
  })

  test('on Reject asks why, and the buyer and everyone read it', async () => {
    const step = await waiting()
    await click('kim', 'reject', step)
    await eventually('the question', () =>
      Promise.resolve(slack.calls.some(({ method }) => method === 'views.open')),
    )
    expect(await statusOf(step)).toMatchObject({ status: 'requires_approval' })
    expect(await answer('kim', 'reject', step, 'Not in May')).toBe(200)
    await settled(step, 'rejected')
    await desk.runJobs()
    expect(await shown()).toContain('Not in May')
  })

  test('on Details sees every package', async () => {
    const step = await waiting()
    await click('kim', 'details', step)
    await eventually('the details', () =>
      Promise.resolve(slack.calls.some(({ args }) => JSON.stringify(args['view'] ?? '').includes('pkg_'))),
    )
  })

  test('that comes twice, second, or with others at once is one decision, and all are told whose', async () => {
    const step = await waiting()
    await Promise.all([
      click('kim', 'approve', step),
      click('dana', 'approve', step),
      click('kim', 'approve', step),
    ])
    await settled(step, 'completed')
    await privately('Nothing was changed: it was approved before by')
    const given = await desk.db
      .selectFrom('audit_log')
      .select('actor')
      .where('subject_id', '=', step)
      .where('action', '=', 'approve')
      .execute()
    expect(given).toHaveLength(1)
  })

  test('on what was decided elsewhere changes nothing', async () => {
    const step = await waiting()
    const decision = { tenant_id, id: step, decision: 'rejected', decided_by: 'Eli', reason: 'Full' } as const
    await decideApproval(desk.db, { ...decision, now: desk.now })
    await click('kim', 'approve', step)
    await privately('rejected before by Eli (Full)')
    expect(await statusOf(step)).toMatchObject({ status: 'rejected' })
  })
})

describe('a click that decides nothing', () => {
  test('is that of a viewer, of a stranger and of another workspace, who are told so in private', async () => {
    const step = await waiting()
    await click('vera', 'approve', step)
    await privately('takes an approver')
    await click('stranger', 'approve', step)
    await privately('not connected to a user of the desk')
    await click('kim', 'approve', step, { team: 'T0OTHER' })
    expect(await statusOf(step)).toMatchObject({ status: 'requires_approval' })
  })

  test('is one that Slack did not sign, or signed long ago', async () => {
    const step = await waiting()
    expect(await click('kim', 'approve', step, { secret: 'guessed' })).toBe(401)
    expect(await click('kim', 'approve', step, { at: Date.now() - 400_000 })).toBe(401)
    expect(await statusOf(step)).toMatchObject({ status: 'requires_approval' })
  })
})
