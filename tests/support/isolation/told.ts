import { sql } from 'kysely'
import { decideApproval } from '../../../src/commands/decide_approval.ts'
import { setApprovalPolicy } from '../../../src/commands/set_approval_policy.ts'
import { connectSlack } from '../../../src/commands/slack/connect.ts'
import { setUpSlack } from '../../../src/commands/slack/set_up.ts'
import { subjectOfCreative } from '../../../src/commands/tell_people.ts'
import type { NoticeKind } from '../../../src/db/schema.ts'
import { createSeal } from '../../../src/seal.ts'
import { findConcern } from '../concerns.ts'
import { aBanner, aSync } from '../creatives.ts'
import { aPurchase, encryptionKey, type Args, type TestDesk } from '../desk.ts'
import { askedOfPeople, behave } from '../orders.ts'

/** A publisher in Slack, in a workspace of its own. */
export interface Place {
  tenant_id: string
  token: string
  team_id: string
  channel_id: string
  escalation_channel_id: string
  principal_id: string
  account_id: string
  product_id: string
}
export interface Subject {
  subject_id: string
  detail?: Record<string, unknown>
}

/** A word that stands in every name of a publisher, so that whatever is said of it is known again. */
export const markOf = (tenant_id: string) => `Zq${tenant_id}`

/** The publisher is told in its own channels. */
export async function connect(desk: TestDesk, place: Place): Promise<void> {
  const { tenant_id, token, team_id, channel_id, escalation_channel_id } = place
  const team = { team_id, team_name: tenant_id }
  const how = { way: 'own_token', team, token, seal: createSeal(encryptionKey) } as const
  await connectSlack(desk.db, { tenant_id, how, by: 'test', now: desk.now })
  await setUpSlack(desk.db, { tenant_id, by: 'test', set: { channel_id, escalation_channel_id } })
}

/** Whatever the publisher has that has a name carries its mark, and its people look at every creative. */
export async function mark(desk: TestDesk, { tenant_id }: Place): Promise<void> {
  const policy = { review_creatives: 'all' }
  await setApprovalPolicy(desk.db, { tenant_id, policy, actor: { kind: 'operator', name: 'x' } })
  for (const table of ['tenants', 'products', 'principals', 'accounts', 'adapter_configs'])
    await sql`update ${sql.table(table)} set name = left(name, 60) || ' ' || ${markOf(tenant_id)}
      where tenant_id = ${tenant_id}`.execute(desk.db)
}

/** Something of this publisher for every kind of notice to be about; another kind is a type error here until it has something. */
export async function subjectsOf(desk: TestDesk, place: Place): Promise<Record<NoticeKind, Subject>> {
  const { tenant_id, principal_id, account_id, product_id } = place
  const buyer = await desk.buyer(principal_id)
  const given = { adcp_version: '3.1', account: { account_id }, po_number: markOf(tenant_id) }
  const asked = { ...given, package: { product_id, budget: 60_000 } }
  const waiting = await stepOf(await bought(asked))
  const agreed = await stepOf(await bought(asked))
  const decision = { decision: 'approved', decided_by: markOf(tenant_id), now: desk.now } as const
  await decideApproval(desk.db, { tenant_id, id: agreed.workflow_step_id, ...decision })
  await behave(desk.db, { needs_person: `The rate card of ${markOf(tenant_id)} changed.` }, product_id)
  const { media_buy_id } = await bought({ ...given, package: { product_id } })
  const creative_id = `banner_${markOf(tenant_id)}`
  await bought({ ...given, creatives: [aBanner(creative_id)] }, 'sync_creatives', aSync)
  await desk.runJobs()
  const [stuck] = await askedOfPeople(desk.db, String(media_buy_id))
  const approval = { subject_id: waiting.workflow_step_id }
  const question = { subject_id: stuck?.workflow_step_id ?? 'nobody was asked' }
  const creative = {
    subject_id: subjectOfCreative({ principal_id, creative_id }),
    detail: { principal_id, creative_id, and_more: 0 },
  }
  const message = `${markOf(tenant_id)} is away`
  await findConcern(desk, agreed.media_buy_id, 'not_serving', `It is ${markOf(tenant_id)} that stopped it.`)
  return {
    approval_waiting: approval,
    approval_changed: approval,
    approval_answered: approval,
    approval_reminder: approval,
    approval_escalated: approval,
    approval_settled: approval,
    order_outcome: { subject_id: agreed.media_buy_id },
    needs_human: question,
    needs_human_settled: question,
    creative_review: creative,
    creative_settled: creative,
    delivery_concern: { subject_id: agreed.media_buy_id },
    sync_failed: {
      subject_id: 'sync_1',
      detail: { connection_id: 'theirs', kind: 'inventory', code: 'auth', message },
    },
    daily_summary: { subject_id: '2027-01-01' },
  }

  async function bought(
    args: Args & { package?: Args },
    tool = 'create_media_buy',
    make: (args: Args) => Args = (it) => aPurchase(it, desk.now),
  ): Promise<Args> {
    const { isError, body, texts } = await buyer.call(tool, make(args))
    if (isError) throw new Error(`${tool} of ${principal_id}: ${texts.join(' ')}`)
    return body
  }
  function stepOf({ task_id }: Args) {
    return desk.db
      .selectFrom('workflow_steps')
      .select(['workflow_step_id', 'media_buy_id'])
      .where('task_id', '=', String(task_id))
      .executeTakeFirstOrThrow()
  }
}
