import { z } from 'zod'
import { AdcpError } from '../adcp/error.ts'
import { accountRef, envelope } from '../adcp/request_schemas.ts'
import { recordAudit } from '../commands/record.ts'
import { ControllerError, actorOf, invalidParams, type Sandbox } from './comply_test_controller/scenario.ts'
import { scenarios } from './comply_test_controller/scenarios.ts'
import { writeTool, type Output, type ToolContext } from './define-tool.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Db } from '../db/database.ts'

const input = z.looseObject({
  ...envelope,
  scenario: z.string().min(1).max(64).describe('list_scenarios names them all.'),
  params: z
    .looseObject({})
    .optional()
    .describe(
      'What the scenario needs: force_*_status {creative_id | account_id | media_buy_id, status, rejection_reason}, force_create_media_buy_arm {arm, task_id, message}, force_task_completion {task_id, result}, simulate_delivery {media_buy_id, impressions, clicks, conversions, reported_spend}, simulate_budget_spend {media_buy_id | account_id, spend_percentage}, seed_* {the id, fixture}.',
    ),
  account: z
    .looseObject({ sandbox: z.boolean().optional() })
    .optional()
    .describe('The sandbox account it is about, if a scenario needs one.'),
})
type Request = z.infer<typeof input>

export const complyTestController = writeTool({
  name: 'comply_test_controller',
  title: 'Play the publisher in the sandbox',
  description:
    'For testing a buying agent in the sandbox: forces your own accounts, creatives, media buys and tasks to a status, simulates delivery and spend, and seeds products, prices, formats, creatives and media buys only you see. Nothing reaches an ad server. Not for buying: that is create_media_buy, here as well. Example: {"scenario": "list_scenarios"}',
  destructive: true,
  input,
  summary(output) {
    if (output['success'] === true) return `Done. ${JSON.stringify(output)}`
    return `${String(output['error'])}: ${String(output['error_detail'])}`
  },
  /** All of a scenario or nothing of it, in one transaction, with a line in the audit log. */
  async handle(request, ctx) {
    try {
      return { success: true, ...(await play(request, ctx)) }
    } catch (error) {
      const { code, message, current_state } = toControllerError(error)
      return { success: false, error: code, error_detail: message, current_state }
    }
  },
})

async function play({ scenario: name, params, account }: Request, ctx: ToolContext<Db>): Promise<Output> {
  if (name === 'list_scenarios') return { scenarios: [...scenarios.keys()] }
  const scenario = scenarios.get(name)
  if (!scenario)
    throw new ControllerError('UNKNOWN_SCENARIO', 'There is no such scenario here. See list_scenarios.')
  if (account?.sandbox === false)
    throw new ControllerError('FORBIDDEN', 'Only sandbox accounts are played with.')
  const parsed = scenario.params.safeParse(params ?? {})
  if (!parsed.success) throw invalidParams(parsed.error.issues.map(sentence).join(' '))
  const sandbox: Sandbox = {
    principal: ctx.principal,
    account: accountRef.safeParse(account).data,
    now: ctx.now,
  }
  return inTransaction(ctx.db, async (trx) => {
    const output = await scenario.run(trx, parsed.data as never, sandbox)
    const { tenant_id, principal_id } = ctx.principal
    await recordAudit(trx, actorOf(sandbox), {
      tenant_id,
      action: name,
      subject_kind: 'principal',
      subject_id: principal_id,
      detail: Object.fromEntries(
        Object.entries(parsed.data).filter(([, value]) => typeof value !== 'object'),
      ),
    })
    return output
  })
}

const sentence = ({ path, message }: z.core.$ZodIssue) =>
  `${['params', ...path.map(String)].join('.')}: ${message}.`

/** What other commands refuse, in the controller's own codes. */
function toControllerError(error: unknown): ControllerError {
  if (error instanceof ControllerError) return error
  if (!(error instanceof AdcpError)) throw error
  const [{ code, message }] = error.problems
  if (code === 'ACCOUNT_NOT_FOUND') return new ControllerError('NOT_FOUND', message)
  return code === 'PERMISSION_DENIED' ? new ControllerError('FORBIDDEN', message) : invalidParams(message)
}
