import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { Place } from '../../parts/place.tsx'
import { isOffered } from '../../../queries/withheld.ts'

/** What of the way to the first sale is done. */
export interface SetUp {
  connected: boolean
  synchronised: boolean
  on_sale: boolean
  /** There is a product, whether buyers are offered it or not. */
  made: boolean
  token: boolean
  people: boolean
  slack: boolean
}

/** How far a publisher has come; sandbox buyers and their products do not count. */
export async function readSetUp(db: ReadDb, tenant_id: string): Promise<SetUp> {
  const own = sql`tenant_id = ${tenant_id}`
  const onSale = sql`select from products p where p.tenant_id = ${tenant_id} and p.archived_at is null and p.sandbox_of is null`
  return db
    .selectNoFrom([
      sql<boolean>`exists (select from adapter_configs where ${own} and archived_at is null
        and capabilities_synced_at is not null)`.as('connected'),
      // an ad server that has nothing to read is read
      sql<boolean>`exists (select from adapter_configs c where ${own} and archived_at is null and capabilities is not null
        and (not coalesce(capabilities -> 'reads' ? 'ad_units', false) or exists (select from sync_jobs s
          where s.connection_id = c.connection_id and s.kind = 'ad_units' and s.state in ('current', 'replaced'))))`.as(
        'synchronised',
      ),
      sql<boolean>`exists (${onSale} and ${isOffered(tenant_id)})`.as('on_sale'),
      sql<boolean>`exists (${onSale})`.as('made'),
      sql<boolean>`exists (select from principals p where ${own} and not p.sandbox and p.archived_at is null
        and exists (select from principal_tokens t where t.principal_id = p.principal_id and t.revoked_at is null
          and (t.expires_at is null or t.expires_at > now()) offset 0))`.as('token'),
      sql<boolean>`(select count(*) from memberships where ${own}) > 1
        or exists (select from invitations where ${own} and accepted_at is null and expires_at > now())`.as(
        'people',
      ),
      sql<boolean>`exists (select from slack_connections where ${own})`.as('slack'),
    ])
    .executeTakeFirstOrThrow()
}

const steps = [
  {
    of: 'connected',
    room: 'ad_servers',
    what: 'Connect an ad server',
    why: 'Orders are placed and delivery is read there.',
  },
  {
    of: 'synchronised',
    room: 'ad_servers',
    what: 'Read its inventory',
    why: 'A worker does this by itself once it is connected.',
  },
  { of: 'on_sale', room: 'products', what: 'Put a product on sale', why: 'What agents find and buy.' },
  {
    of: 'token',
    room: 'buyers',
    what: 'Give a buyer a token',
    why: 'Its agent then buys, and you see every call.',
  },
  {
    of: 'people',
    room: 'settings',
    what: 'Invite your people',
    why: 'Whoever decides should not share a sign-in.',
  },
] as const satisfies readonly { of: keyof SetUp; room: string; what: string; why: string }[]

const withheld = 'There are products, but buyers are offered none of them; their pages say why.'

/** Whether everything is done that a sale needs; Slack is a choice. */
const isReady = (setUp: SetUp) => steps.every(({ of }) => setUp[of])

/** What is left to do before the desk can sell; nothing once it can. */
export function Checklist({ visit, setUp }: { visit: Visit; setUp: SetUp }) {
  if (isReady(setUp)) return null
  const done = steps.filter(({ of }) => setUp[of]).length
  return (
    <section class="card" aria-labelledby="set-up">
      <h2 id="set-up">
        Setting up: {done} of {steps.length} done
      </h2>
      <ol class="checklist">
        {steps.map(({ of, room, what, why }) => (
          <li>
            <Mark done={setUp[of]} />
            <Place visit={visit} room={room}>
              {what}
            </Place>
            <span class="faint">{of === 'on_sale' && setUp.made && !setUp.on_sale ? withheld : why}</span>
          </li>
        ))}
        <li>
          <Mark done={setUp.slack} otherwise="if you like" />
          <Place visit={visit} room="settings">
            Decide in Slack
          </Place>
          <span class="faint">Requests are told in a channel and decided with a button.</span>
        </li>
      </ol>
    </section>
  )
}

const Mark = ({ done, otherwise = 'to do' }: { done: boolean; otherwise?: string }) => (
  <Badge
    status={done ? 'done' : otherwise}
    tone={done ? 'good' : otherwise === 'to do' ? 'waiting' : 'plain'}
  />
)
