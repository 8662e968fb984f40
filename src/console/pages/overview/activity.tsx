import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { Visit } from '../../desk.ts'
import { When } from '../../parts/figures.tsx'
import { Place } from '../../parts/place.tsx'

interface Happened {
  at: Date
  actor: string
  action: string
  subject_kind: string
  subject_id: string
  media_buy_id: string | null
}
const LATEST = 12

/** What people, buyers and the desk itself did last, the latest first. */
export function readActivity(db: ReadDb, tenant_id: string): Promise<Happened[]> {
  const audited = db
    .selectFrom('audit_log')
    .select(['at', 'actor', 'action', 'subject_kind', 'subject_id'])
    .select(sql<string | null>`detail ->> 'media_buy_id'`.as('media_buy_id'))
    .where('tenant_id', '=', tenant_id)
    .orderBy('at', 'desc')
    .limit(LATEST)
  const noticed = db
    .selectFrom('notices')
    .select([
      'created_at as at',
      sql<string>`'Salesdesk'`.as('actor'),
      sql<string>`kind::text`.as('action'),
      sql<string>`case when kind in ('order_outcome', 'delivery_concern') then 'media_buy' else 'notice' end`.as(
        'subject_kind',
      ),
      'subject_id',
      sql<string | null>`null`.as('media_buy_id'),
    ])
    .where('tenant_id', '=', tenant_id)
    .where('kind', 'in', [
      'order_outcome',
      'needs_human',
      'delivery_concern',
      'sync_failed',
      'approval_escalated',
    ])
    .orderBy('notice_id', 'desc')
    .limit(LATEST)
  const both = db
    .selectFrom(audited.as('a'))
    .selectAll()
    .unionAll(db.selectFrom(noticed.as('n')).selectAll())
  return db.selectFrom(both.as('h')).selectAll().orderBy('at', 'desc').limit(LATEST).execute()
}

/** The words for what has a name of its own in the log; everything else says what it is. */
const words: Partial<Record<string, string>> = {
  create_media_buy: 'asked for a purchase',
  ask_for_update: 'asked for a change',
  update_media_buy: 'changed a media buy',
  cancel_media_buy: 'canceled a media buy',
  approve: 'agreed to a request',
  reject: 'rejected a request',
  ask_buyer: 'asked a buyer something',
  answer_question: 'answered a question',
  finalize_proposal: 'finalized a proposal',
  sync_creatives: 'sent creatives',
  sync_accounts: 'told of its accounts',
  invite: 'invited somebody',
  join: 'accepted an invitation',
  change_role: 'changed somebody’s role',
  set_approval_policy: 'set the approval policy',
  change_settings: 'changed the settings',
  load_publisher_file: 'loaded a publisher file',
  create_token: 'made a token for a buyer',
  revoke_token: 'revoked a token of a buyer',
  rotate_token: 'replaced a token of a buyer',
  set_secret: 'set the key of an ad server',
  connect_slack: 'connected Slack',
  set_up_slack: 'set up Slack',
  map_slack_user: 'told who is who in Slack',
  order_outcome: 'heard from an ad server about an order',
  needs_human: 'asks for a person at an order',
  delivery_concern: 'saw that a media buy does not deliver as it should',
  sync_failed: 'could not read an ad server',
  approval_escalated: 'told others of a request that waits',
}
/** `revoke_token` was: revoked token. */
function spelled(action: string): string {
  const [verb = '', ...rest] = action.split('_')
  return words[action] ?? [pastOf(verb), ...rest].join(' ')
}
const pastOf = (verb: string) => (unchanged.has(verb) ? verb : verb.endsWith('e') ? `${verb}d` : `${verb}ed`)
const unchanged = new Set(['set', 'put'])

/** What happened last, by whom, and the way to it. */
export function Activity({ visit, happened }: { visit: Visit; happened: readonly Happened[] }) {
  return (
    <section aria-labelledby="activity">
      <h2 id="activity">Lately</h2>
      {happened.length === 0 && <p class="empty">Nothing has happened yet.</p>}
      <ol class="lines">
        {happened.map((one) => (
          <li>
            {one.actor} <About visit={visit} happened={one} />{' '}
            <span class="faint">
              <When at={one.at} now={visit.now} />
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function About({ visit, happened }: { visit: Visit; happened: Happened }) {
  const { action, subject_kind, subject_id, media_buy_id } = happened
  const said = subject_kind === 'creative' ? `${pastOf(action)} a creative` : spelled(action)
  const place = (room: string, id: string) => (
    <Place visit={visit} room={room} rest={`/${encodeURIComponent(id)}`}>
      {said}
    </Place>
  )
  if (subject_kind === 'creative') return place('creatives', subject_id)
  if (subject_kind === 'media_buy') return place('media_buys', subject_id)
  if (subject_kind === 'workflow_step')
    return ofDecisions.has(action) ? place('approvals', subject_id) : place('media_buys', media_buy_id ?? '')
  if (subject_kind === 'principal') return place('buyers', subject_id)
  if (subject_kind === 'connection') return place('ad_servers', subject_id)
  return <>{said}</>
}
const ofDecisions = new Set(['approve', 'reject', 'ask_buyer', 'answer_question', 'ask_for_update'])
