import { sql } from 'kysely'
import type { Db, Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import type { Seal } from '../../seal.ts'
import { about } from '../../sealed_columns.ts'
import { recordAudit } from '../record.ts'

export interface NewConnection {
  tenant_id: string
  how:
    /** With a signing secret the app is this publisher's own, and is heard at an address of its own. */
    | { way: 'own_token'; team: Team; token: string; signing_secret?: string; seal: Seal; app_id?: string }
    | { way: 'environment'; team: Team }
    /** A second address where what is escalated goes. */
    | { way: 'incoming_webhook'; url: string; escalation_url?: string; seal: Seal }
  by: string
  /** Who of the desk's people that is, if one of them. */
  user_id?: string
  now: Date
}
/** A workspace as Slack names it. */
export interface Team {
  team_id: string
  team_name: string
}

/**
 * Connects a publisher to a workspace in Slack, in place of the one before; channels and who people are there stay while the
 * workspace does. What waits for people already is told there too, once a channel is known.
 */
export async function connectSlack(
  db: Db,
  { tenant_id, how, by, user_id, now }: NewConnection,
): Promise<void> {
  const row = { ...columns(tenant_id, how), connected_by: by, connected_at: now }
  await db.transaction().execute(async (trx) => {
    const moved = await leavesAnother(trx, tenant_id, row.team_id)
    if (moved) await forgetPeople(trx, tenant_id)
    await trx
      .insertInto('slack_connections')
      .values({ tenant_id, ...row })
      .onConflict((oc) =>
        oc.column('tenant_id').doUpdateSet({
          ...row,
          ...keptWithTeam(row.team_id),
          uninstalled_at: null,
          failures: 0,
          last_error: null,
          hold_until: null,
        }),
      )
      .execute()
    await tellWhatWaits(trx, tenant_id, moved)
    const actor = { kind: 'operator', name: by, ...(user_id !== undefined && { user_id }) } as const
    const detail = { way: how.way, ...('team' in how && how.team) }
    await recordAudit(trx, actor, {
      tenant_id,
      action: 'connect_slack',
      subject_kind: 'tenant',
      subject_id: tenant_id,
      detail,
    })
  })
}

function columns(tenant_id: string, how: NewConnection['how']) {
  const none = {
    app_id: null,
    bot_token_sealed: null,
    signing_secret_sealed: null,
    webhook_url_sealed: null,
    escalation_webhook_url_sealed: null,
  }
  switch (how.way) {
    case 'own_token':
      return {
        ...none,
        ...how.team,
        way: how.way,
        app_id: how.app_id ?? null,
        bot_token_sealed: how.seal.close(how.token, about('bot_token_sealed', tenant_id)),
        signing_secret_sealed:
          how.signing_secret === undefined
            ? null
            : how.seal.close(how.signing_secret, about('signing_secret_sealed', tenant_id)),
      }
    case 'environment':
      return { ...none, ...how.team, way: how.way }
    case 'incoming_webhook':
      return {
        ...none,
        way: how.way,
        team_id: null,
        team_name: null,
        webhook_url_sealed: how.seal.close(how.url, about('webhook_url_sealed', tenant_id)),
        escalation_webhook_url_sealed:
          how.escalation_url === undefined
            ? null
            : how.seal.close(how.escalation_url, about('escalation_webhook_url_sealed', tenant_id)),
      }
  }
}

/** Whether a publisher was told in another workspace before, or in another way. */
async function leavesAnother(trx: Trx, tenant_id: string, team_id: string | null): Promise<boolean> {
  const before = await trx
    .selectFrom('slack_connections')
    .select('team_id')
    .where('tenant_id', '=', tenant_id)
    .forUpdate()
    .executeTakeFirst()
  return before !== undefined && before.team_id !== team_id
}

/** A Slack account is somebody's in its own workspace only. */
async function forgetPeople(trx: Trx, tenant_id: string) {
  await trx
    .updateTable('memberships')
    .set({ slack_user_id: null })
    .where('tenant_id', '=', tenant_id)
    .where('slack_user_id', 'is not', null)
    .execute()
}

/** Channels belong to a workspace. */
function keptWithTeam(team_id: string | null) {
  const kept = (column: 'channel_id' | 'escalation_channel_id') =>
    sql<
      string | null
    >`case when slack_connections.team_id = ${team_id} then ${sql.ref(`slack_connections.${column}`)} end`
  return { channel_id: kept('channel_id'), escalation_channel_id: kept('escalation_channel_id') }
}

/** What waits and was never told; where the publisher moved, all of it, because nobody is any more where it was told. */
async function tellWhatWaits(trx: Trx, tenant_id: string, moved: boolean) {
  const again = moved
    ? sql`update set done_at = null, tried_at = null, channel_id = null, ts = null, given_up = null
        where slack_posts.tenant_id = ${tenant_id}`
    : sql`nothing`
  await sql`insert into slack_posts (notice_id, tenant_id)
    select n.notice_id, n.tenant_id from notices n join workflow_steps step on step.workflow_step_id = n.subject_id
    where n.tenant_id = ${tenant_id} and n.kind in ('approval_waiting', 'needs_human')
      and step.status in ('requires_approval', 'input_required', 'pending')
    union all
    select max(n.notice_id), n.tenant_id from notices n join creatives c
      on (c.tenant_id, c.principal_id, c.creative_id) = (n.tenant_id, n.detail->>'principal_id', n.detail->>'creative_id')
    where n.tenant_id = ${tenant_id} and n.kind = 'creative_review' and c.status = 'pending_review'
    group by n.tenant_id, c.principal_id, c.creative_id
    on conflict (notice_id) do ${again}`.execute(trx)
  await enqueue(trx, 'tell_slack', { tenant_id })
}
