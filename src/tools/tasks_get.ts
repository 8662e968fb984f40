import { z } from 'zod'
import { AdcpError } from '../adcp/error.ts'
import { createdMediaBuy, updatedMediaBuy } from '../adcp/media_buy_answers.ts'
import { asked } from '../adcp/question.ts'
import { accountRef, envelope } from '../adcp/request_schemas.ts'
import { taskStatus } from '../adcp/task_status.ts'
import type { AdcpVersion } from '../adcp/version.ts'
import type { ReadDb } from '../db/database.ts'
import { readMediaBuy } from '../queries/media_buys.ts'
import { hasWebhook } from '../queries/webhooks.ts'
import { readTool, type Output, type Principal } from './define-tool.ts'
import { quoted } from '../adcp/quoted.ts'

const input = z.looseObject({
  ...envelope,
  task_id: z.string().min(1).max(255).describe('From an answer with status "submitted".'),
  account: accountRef.optional(),
  include_history: z.boolean().optional(),
  include_result: z.boolean().optional().describe('The result comes in any case.'),
})

export const tasksGet = readTool({
  name: 'tasks_get',
  aliases: ['tasks/get', 'get_task_status'],
  title: 'Follow a submitted purchase',
  description:
    'How far a task is that was answered with status "submitted". When completed, result holds what create_media_buy or update_media_buy would have answered. Ask again every minute or so: a person decides. When input-required, message is a question to you and says how to answer. For all tasks use tasks_list. Example: {"task_id": "task_…"}',
  input,
  summary,
  async handle({ task_id }, { db, principal, version }) {
    const step = await selectTask(db, principal, task_id).executeTakeFirst()
    if (!step) throw notFound
    const status = taskStatus[step.status]
    const result =
      step.status === 'completed'
        ? (step.forced_result ?? (await readResult(db, principal, step, version)))
        : undefined
    return {
      task_id,
      task_type: step.task_type,
      protocol: 'media-buy',
      status,
      created_at: step.created_at.toISOString(),
      updated_at: step.updated_at.toISOString(),
      ...(step.decided_at && { completed_at: step.decided_at.toISOString() }),
      has_webhook: step.has_webhook,
      ...(result && { result }),
      ...(step.status === 'input_required' && questionOf(step)),
      ...(step.status === 'rejected' && {
        message: step.reason,
        error: {
          code: 'POLICY_VIOLATION',
          message: `The publisher declined: ${quoted(step.reason ?? 'no reason given', 1000)}`,
        },
      }),
    }
  },
})

async function readResult(
  db: ReadDb,
  principal: Principal,
  { media_buy_id, workflow_step_id, task_type }: Task,
  version: AdcpVersion,
): Promise<Output> {
  const row = await readMediaBuy(db, principal, media_buy_id)
  if (task_type === 'update_media_buy') {
    const { affected, implementation_date } = await db
      .selectFrom('media_buy_updates')
      .select(['affected_package_ids as affected', 'settled_at as implementation_date'])
      .where('workflow_step_id', '=', workflow_step_id)
      .executeTakeFirstOrThrow()
    return updatedMediaBuy(row, { affected, implementation_date }, version)
  }
  return createdMediaBuy(row, version)
}

/** What people want to know of the buyer before they decide. */
function questionOf({ context_id, question, task_type }: Task): Output {
  if (context_id === null || question === null) return {}
  return { context_id, message: asked({ context_id, question, task_type }) }
}

type Task = NonNullable<Awaited<ReturnType<ReturnType<typeof selectTask>['executeTakeFirst']>>>

function selectTask(db: ReadDb, { tenant_id, principal_id }: Principal, taskId: string) {
  return db
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .leftJoin('approval_questions as open', (join) =>
      join.onRef('open.workflow_step_id', '=', 'step.workflow_step_id').on('open.answered_at', 'is', null),
    )
    .select([
      'open.context_id',
      'open.question',
      'step.workflow_step_id',
      'step.media_buy_id',
      'step.task_type',
      'step.status',
      'step.reason',
      'step.forced_result',
      'step.created_at',
      'step.updated_at',
      'step.decided_at',
      hasWebhook.as('has_webhook'),
    ])
    .where('step.task_id', '=', taskId)
    .where('step.tenant_id', '=', tenant_id)
    .where('buy.principal_id', '=', principal_id)
}

const notFound = new AdcpError({
  code: 'REFERENCE_NOT_FOUND',
  message: 'There is no such task of yours.',
  field: 'task_id',
  suggestion: 'Use the task_id of an answer with status "submitted".',
})

function summary(output: Output): string {
  const { result, error, message, context_id } = output as {
    result?: { media_buy_id: string }
    error?: { message: string }
    message?: string
    context_id?: string
  }
  if (context_id !== undefined && message !== undefined) return `The publisher asks: ${quoted(message, 2000)}`
  if (result) return `Done: media_buy_id ${result.media_buy_id}.`
  return error ? error.message : `Still ${String(output['status'])}. Ask again in a minute.`
}
