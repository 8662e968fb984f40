import { Hono } from 'hono'
import { replayWebhook } from '../../../commands/replay_webhook.ts'
import type { SentWebhook } from '../../../queries/webhooks.ts'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { exact, When } from '../../parts/figures.tsx'
import { LiveRegion } from '../../parts/live_region.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { aboutWhat, stateNames, stateTones } from '../../parts/webhook_table.tsx'
import { Attempts } from './attempts.tsx'
import { readWebhook, type ReadWebhook } from './read_webhook.ts'
import { proofs } from './words.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** One webhook: what was sent, every attempt with its answer, and sending it again. */
export function webhookDetail(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/:webhook_event_id', async (c) => {
      const visit = c.get('visit')
      const id = c.req.param('webhook_event_id')
      const told = UUID.test(id) ? await readWebhook(desk.readDb, visit.tenant_id, id) : undefined
      if (!told) return c.notFound()
      return page(
        c,
        { title: aboutWhat(told.sent), room: 'webhooks' },
        <LiveRegion id="webhook" topics={['media_buys']} from={`${visit.base}/webhooks/${id}`}>
          <Told {...told} visit={visit} />
        </LiveRegion>,
      )
    })
    .post('/:webhook_event_id/replay', needs('manage'), async (c) => {
      const { tenant_id, person, base, now } = c.get('visit')
      const id = c.req.param('webhook_event_id')
      const actor = { kind: 'operator', name: person.name, user_id: person.user_id } as const
      const again = await replayWebhook(desk.db, { id, tenant_id, actor, now })
      return done(
        c,
        `${base}/webhooks/${id}`,
        again
          ? 'It is sent again now, with the same id and bytes, and tried for another day.'
          : 'Nothing was changed: it has not failed, or somebody sends it again already.',
      )
    })
}

function Told({ sent, attempts, visit }: ReadWebhook & { visit: Visit }) {
  const { base, now } = visit
  const again = sent.state === 'dead' && may(visit.role, 'manage')
  return (
    <>
      <PageHead
        title={aboutWhat(sent)}
        up={{ name: 'Webhooks', href: `${base}/webhooks` }}
        actions={
          again && (
            <form method="post" action={`${base}/webhooks/${sent.webhook_event_id}/replay`}>
              <button class="primary">Send it again</button>
            </form>
          )
        }
      >
        <Badge status={stateNames[sent.state]} tone={stateTones[sent.state]} />{' '}
        <code>{sent.webhook_event_id}</code>
      </PageHead>
      <section class="card">
        <dl class="facts">
          <dt>Media buy</dt>
          <dd>
            <a href={`${base}/media_buys/${sent.media_buy_id}`}>{sent.brand}</a>{' '}
            <code class="faint">{sent.media_buy_id}</code>
          </dd>
          <dt>Buyer</dt>
          <dd>{sent.buyer}</dd>
          <dt>Server</dt>
          <dd>{sent.host}</dd>
          <dt>Proof</dt>
          <dd>{proofs[sent.scheme]}</dd>
          <dt>Made</dt>
          <dd>{exact(sent.created_at)} UTC</dd>
          <Ahead sent={sent} now={now} />
        </dl>
      </section>
      <h2>Attempts</h2>
      <Attempts attempts={attempts} />
      <h2>What is sent</h2>
      <p class="faint">
        Always the same bytes, so that the buyer knows it again by its idempotency_key. The buyer’s own token
        is put in while sending and shown nowhere.
      </p>
      <pre tabindex={0} aria-label="Payload">
        {JSON.stringify(JSON.parse(sent.payload), undefined, 2)}
      </pre>
    </>
  )
}

function Ahead({ sent, now }: { sent: SentWebhook; now: Date }) {
  if (sent.state !== 'pending') return null
  return (
    <>
      <dt>Next try</dt>
      <dd>
        <When at={sent.next_at} now={now} />
      </dd>
      <dt>Given up</dt>
      <dd>
        <When at={sent.give_up_at} now={now} />, unless it is taken before
      </dd>
    </>
  )
}
