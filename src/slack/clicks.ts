import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { askBuyer } from '../commands/ask_buyer.ts'
import { decideApproval, type Decision } from '../commands/decide_approval.ts'
import { decideCreative, type CreativeDecision } from '../commands/decide_creative.ts'
import { resolveStep, type Resolution } from '../commands/resolve_step.ts'
import { clickOf, tell, type Click } from './click.ts'
import type { SlackDesk } from './desk.ts'
import { publishHome } from './home.ts'
import { ask, showDetails, type Work } from './modals.ts'
import { readPerson, type Person } from './person.ts'
import { isReached } from './reached.ts'
import { toldOfCreative, toldOfDecision, toldOfQuestion, toldOfResolution } from './told.ts'

/** Names of buttons and what they do; each tells the person what it returns. */
const buttons: Record<string, { tenant(value: string): string; work: Work }> = {
  approve: { tenant: first, work: (desk, click, person) => decide(desk, click.value, person, 'approved') },
  reject: {
    tenant: first,
    work: ask({ callback_id: 'reject', title: 'Reject', label: 'Why?', hint: 'The buyer reads this.' }),
  },
  ask: {
    tenant: first,
    work: ask({
      callback_id: 'ask',
      title: 'Ask the buyer',
      label: 'Question',
      hint: 'The request waits for the answer; it can be decided all the same.',
    }),
  },
  details: { tenant: first, work: showDetails },
  retry_step: {
    tenant: first,
    work: (desk, { value }, person) => resolve(desk, value, person, { type: 'retried' }),
  },
  skip_step: {
    tenant: first,
    work: ask({
      callback_id: 'skip',
      title: 'Done by hand',
      label: 'Its id on the ad server',
      hint: 'Needed for orders, line items and creatives.',
      optional: true,
    }),
  },
  abandon_step: {
    tenant: first,
    work: ask({
      callback_id: 'abandon',
      title: 'Give it up',
      label: 'Why?',
      hint: 'Its orders are taken back, and the buyer reads this.',
    }),
  },
  approve_creative: {
    tenant: firstOfList,
    work: (desk, { value }, person) => review(desk, value, person, { type: 'approved' }),
  },
  reject_creative: {
    tenant: firstOfList,
    work: ask({
      callback_id: 'reject_creative',
      title: 'Reject the creative',
      label: 'Why?',
      hint: 'The buyer reads this.',
    }),
  },
}

type Answered = (desk: SlackDesk, value: string, person: Person, text: string) => Promise<string | undefined>
const answers: Record<string, { tenant(value: string): string; work: Answered }> = {
  reject: {
    tenant: first,
    work: (desk, value, person, text) => decide(desk, value, person, 'rejected', text),
  },
  ask: { tenant: first, work: question },
  skip: {
    tenant: first,
    work: (desk, value, person, external_id) =>
      resolve(desk, value, person, { type: 'skipped', ...(external_id !== '' && { external_id }) }),
  },
  abandon: {
    tenant: first,
    work: (desk, value, person, reason) => resolve(desk, value, person, { type: 'abandoned', reason }),
  },
  reject_creative: {
    tenant: firstOfList,
    work: (desk, value, person, reason) => review(desk, value, person, { type: 'rejected', reason }),
  },
}

/** Answers buttons and questions: acknowledged at once, then done by whoever may, and told in private where nothing else shows it. */
export function answerClicks(app: App, desk: SlackDesk): void {
  app.action('open', ({ ack }) => ack())
  for (const [name, { tenant, work }] of Object.entries(buttons))
    app.action<BlockAction<ButtonAction>>(name, async ({ ack, body, action, client }) => {
      await ack()
      const value = action.value ?? ''
      const click = clickOf(body, client, value)
      await serve(desk, click, tenant(value), (person) => work(desk, click, person))
    })
  for (const [name, { tenant, work }] of Object.entries(answers))
    app.view(name, async ({ ack, body, view, client }) => {
      await ack()
      const [value = '', channel_id] = JSON.parse(view.private_metadata) as string[]
      const text = view.state.values['answer']?.['text']?.value?.trim() ?? ''
      const click = { ...clickOf(body, client, value), channel_id }
      await serve(desk, click, tenant(value), (person) => work(desk, value, person, text))
    })
}

/** @throws what the desk cannot do; Bolt tells the log */
async function serve(
  desk: SlackDesk,
  click: Click,
  tenant_id: string,
  work: (person: Person) => Promise<string | undefined>,
) {
  const said = await sayOf(desk, click, tenant_id, work).catch(async (error: unknown) => {
    // Slack has been told that it arrived, and will not send it again
    await tell(click, 'Something went wrong on our side. Try again: what was done is not done twice.')
    throw error
  })
  if (said !== undefined) await tell(click, said)
  // a message is brought up to date by a job; the home is whoever looks at it's own
  if (click.channel_id === undefined) await publishHome(desk, click)
}

async function sayOf(
  desk: SlackDesk,
  click: Click,
  tenant_id: string,
  work: (person: Person) => Promise<string | undefined>,
): Promise<string | undefined> {
  const person = await readPerson(desk, tenant_id, click)
  if (!person) return (await isReached(desk, tenant_id, click.team_id)) ? unknown : elsewhere
  if (!person.mayDecide) return 'You may look at this, and not decide it: that takes an approver.'
  return work(person)
}

const unknown = 'Your Slack account is not connected to a user of the desk. An administrator can do that.'
const elsewhere =
  'Nothing was changed: the publisher this is about sells here no more, or is not connected to this workspace through this app.'

async function decide(
  { db, clock }: SlackDesk,
  value: string,
  { name, user_id }: Person,
  decision: Decision['decision'],
  reason?: string,
) {
  const [tenant_id = '', id = ''] = value.split(' ')
  const outcome = await decideApproval(db, {
    ...{ tenant_id, id, decision, decided_by: name, user_id, now: clock() },
    ...(reason !== undefined && { reason }),
  })
  return toldOfDecision(outcome)
}

async function question(
  { db, clock }: SlackDesk,
  value: string,
  { name: asked_by, user_id }: Person,
  question: string,
) {
  const [tenant_id = '', id = ''] = value.split(' ')
  return toldOfQuestion(await askBuyer(db, { tenant_id, id, question, asked_by, user_id, now: clock() }))
}

async function resolve(
  { db, clock }: SlackDesk,
  value: string,
  { name: by, user_id }: Person,
  how: Resolution['how'],
) {
  const [tenant_id = '', id = ''] = value.split(' ')
  return toldOfResolution(await resolveStep(db, { tenant_id, id, how, by, user_id, now: clock() }))
}

async function review(
  { db, clock }: SlackDesk,
  value: string,
  { name, user_id }: Person,
  decision: CreativeDecision['decision'],
) {
  const [tenant_id = '', principal_id = '', creative_id = '', seen = ''] = JSON.parse(value) as string[]
  const what = { tenant_id, principal_id, creative_id, seen_at: new Date(seen) }
  const decided = { ...what, decision, decided_by: name, user_id, now: clock() }
  return toldOfCreative(await decideCreative(db, decided))
}

function first(value: string): string {
  return value.split(' ', 1)[0] ?? ''
}

function firstOfList(value: string): string {
  return (JSON.parse(value) as string[])[0] ?? ''
}
