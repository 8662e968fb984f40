import { mediaBuyTransitions } from '../src/adcp/media_buy_lifecycle.ts'
import { workflowStepTransitions } from '../src/commands/workflow_step_lifecycle.ts'
import type {
  FulfilmentState,
  FulfilmentStepState,
  MediaBuyStatus,
  WebhookEventState,
  WorkflowStepStatus,
} from '../src/db/schema.ts'
import { webhookEventTransitions } from '../src/webhooks/states.ts'
import { fulfilmentTransitions, stepTransitions } from '../src/tasks/fulfilment/states.ts'

interface Machine<S extends string> {
  title: string
  words: string
  starts: readonly S[]
  transitions: Readonly<Record<S, readonly S[]>>
  meaning: Readonly<Record<S, [inside: string, onTheWire: string]>>
}

const mediaBuy: Machine<MediaBuyStatus> = {
  title: 'Media buy',
  words:
    "What a buyer follows. The moves are those AdCP allows, and `pending_approval`, which is ours: AdCP has no word for a buy that waits for a person, so until somebody decides the buyer sees a submitted task instead of a media buy. A buy is accepted the moment it leaves `pending_approval`, or at once where nobody needs to approve; whether its order stands on an ad server is the fulfilment's business. It begins `pending_creatives`, moves to `pending_start` once each package has an approved creative (at once when the purchase brings them), and begins `paused` when its buyer wants it so. `update_media_buy` pauses, resumes and cancels it. What was paused before it began is `active` when it goes on, because AdCP knows no other way out of `paused`; it still runs on its own dates, and with the creatives it has. The rest is the clock's ([delivery.md](delivery.md)): `active` when the flight has begun and the order stands, `completed` when it is over, `canceled` if it is over and nothing of it ever ran, `rejected` if nobody decided before that.",
  starts: ['pending_approval', 'pending_creatives', 'pending_start', 'paused'],
  transitions: mediaBuyTransitions,
  meaning: {
    pending_approval: [
      'a person at the publisher must decide; stock is reserved meanwhile',
      'create_media_buy answers `submitted` with a `task_id`',
    ],
    pending_creatives: [
      'accepted, waits for creatives; the order is being placed or stands',
      '`pending_creatives`',
    ],
    pending_start: ['has its creatives and waits for its first day', '`pending_start`'],
    active: ['runs', '`active`'],
    paused: ['stopped by its buyer for now; keeps what it holds', '`paused`'],
    completed: ['has run to its end; reservations are free', '`completed`'],
    rejected: [
      'declined by a person or refused by the ad server; reservations are free',
      '`rejected` with `rejection_reason`, or the rejected task',
    ],
    canceled: ['called off; reservations and creatives are free', '`canceled` with `cancellation`'],
  },
}

const workflowStep: Machine<WorkflowStepStatus> = {
  title: 'Workflow step',
  words:
    'One thing somebody at the publisher has to see to. An approval of a purchase, or of a change of one, begins at `requires_approval`, and the buyer follows it by its `task_id`; whoever decides first, decides; meanwhile they may ask the buyer something, and it is `input_required` until the buyer answers or somebody decides all the same; above an amount the publisher names it takes two people to approve, and one to decline ([approvals.md](approvals.md)). A change is checked again when it is approved, and is `canceled` when its media buy is over first. Once the flight has ended it can only be declined. The clock reminds people, tells others and declines what nobody decided in time, as the policy of the publisher says, and a purchase whose flight was to begin at a fixed time then at the latest. A step that asks a person to look at an order begins at `pending`; the person retries, skips or abandons it (`salesdesk steps`), or the order changes and the question is void. The buyer has no task for it and sees `needs_human` as the placement of its media buy.',
  starts: ['requires_approval', 'pending'],
  transitions: workflowStepTransitions,
  meaning: {
    requires_approval: ['waits for yes or no', 'tasks_get: `submitted`'],
    input_required: [
      'the buyer was asked something first',
      'tasks_get: `input-required`, with the question and a `context_id`',
    ],
    pending: ['an order needs a person; `salesdesk doctor` counts these', 'not seen as a task'],
    in_progress: ['somebody is at it', 'tasks_get: `working`'],
    completed: [
      'approved; or the order goes on',
      'tasks_get: `completed`, with what create_media_buy or update_media_buy would have answered',
    ],
    failed: ['could not be done', 'tasks_get: `failed`'],
    rejected: [
      'declined, with a reason; or the order was abandoned',
      'tasks_get: `rejected`, with the reason',
    ],
    canceled: ['no longer needed', 'tasks_get: `canceled`'],
  },
}

const fulfilment: Machine<FulfilmentState> = {
  title: 'Fulfilment',
  words:
    'The order of one media buy on one ad server. It is created together with the accepted buy and its job, in one transaction, and whatever changes about the buy raises its `desired_revision` and brings a job; the worker plans from what stands to what is wanted and follows with `applied_revision`. Two quick changes are sent as one. A change that comes while the order is being placed replaces what was not sent yet; what may have been sent is looked for first. A cancellation takes back what stands, in every state. Where a person is asked, a change makes the question void unless a call is in doubt there; otherwise it waits for the answer. Buyers see the state in `ext.salesdesk.placement` of get_media_buys, since AdCP has no word for it; where a buy is on several ad servers, the least advanced leads.',
  starts: ['placing'],
  transitions: fulfilmentTransitions,
  meaning: {
    placing: ['the worker is at it, or will try again after an error that may pass', '`placing`'],
    waiting: ['the ad server wants time, for its own approval for example', '`waiting`'],
    placed: [
      'every step is done; the order stands as it is wanted',
      '`placed` with `placed_at` and the order ids',
    ],
    changing: ['the order stands, and is being changed or taken back', '`changing`'],
    refused: [
      'the ad server refused for good before anything stood there',
      '`refused`, and the media buy is `rejected`',
    ],
    needs_human: ['a workflow step says what happened and what to do', '`needs_human`'],
    canceled: ['the media buy is over and nothing of it runs there', '`canceled`'],
  },
}

const step: Machine<FulfilmentStepState> = {
  title: 'Fulfilment step',
  words:
    'One external write: an order, a line item, a change of one, a wait for approval. `intent` is committed before the call, so a step found in it may or may not have reached the ad server: the worker looks there first, and only then sends again. Steps are never seen on the wire.',
  starts: ['planned'],
  transitions: stepTransitions,
  meaning: {
    planned: ['nothing of it is on the ad server: not tried yet, or tried in vain', '—'],
    intent: ['a call may have been made; look before sending', '—'],
    waiting: ['the ad server answered that it needs time', '—'],
    done: ['it stands, under the ids the ad server gave it', '—'],
    failed: ['refused for good', '—'],
    needs_human: ['only a person can go on, or do it by hand', '—'],
    dropped: ['not wanted any more, and nothing of it is on the ad server', '—'],
  },
}

const webhookEvent: Machine<WebhookEventState> = {
  title: 'Webhook',
  words:
    'One thing a buyer asked to be told, written in the transaction of what happened and sent by a worker ([webhooks.md](webhooks.md)).',
  starts: ['pending'],
  transitions: webhookEventTransitions,
  meaning: {
    pending: [
      'is sent, or sent again at `next_at`, for a day',
      'the same `idempotency_key` and bytes each time',
    ],
    delivered: ['the buyer answered with 2xx', 'ends the retries'],
    dead: [
      'a day of trying in vain, or the buyer does not trust the signature; `salesdesk webhooks --replay` starts another day',
      'nothing more is sent',
    ],
  },
}

/** docs/state-machines.md, whole. */
export function stateMachines(): string {
  const machines = [draw(mediaBuy), draw(workflowStep), draw(fulfilment), draw(step), draw(webhookEvent)]
  return ['# State machines', madeFrom, ...machines].join('\n\n') + '\n'
}

const madeFrom =
  'Drawn by `npm run generate` from the tables the code itself moves by; `npm run drift` fails when this file and they disagree.'

function draw<S extends string>({ title, words, starts, transitions, meaning }: Machine<S>): string {
  const states = Object.keys(transitions) as S[]
  const moves = states.flatMap((from) => transitions[from].map((to): [S, S] => [from, to]))
  const reached = new Set([...starts, ...moves.map(([, to]) => to)])
  const ends = states.filter((state) => reached.has(state) && transitions[state].length === 0)
  const lines = [
    ...starts.map((state) => `[*] --> ${state}`),
    ...moves.map(([from, to]) => `${from} --> ${to}`),
    ...ends.map((state) => `${state} --> [*]`),
  ]
  const diagram = ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `  ${line}`), '```'].join('\n')
  const rows = states.map((state) => {
    const [inside, onTheWire] = meaning[state]
    return `| \`${state}\` | ${inside}${reached.has(state) ? '' : ' (not used yet)'} | ${onTheWire} |`
  })
  const table = ['| Status | Inside | On the wire |', '| --- | --- | --- |', ...rows].join('\n')
  return [`## ${title}`, words, diagram, table].join('\n\n')
}
