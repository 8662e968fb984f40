import { Hono, type Context } from 'hono'
import { steerMediaBuy, type Steering, type SteeringOutcome } from '../../../commands/steer_media_buy.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { LongField } from '../../parts/field.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { selectBuy, type Buy } from './read_buy.ts'

const LONGEST_REASON = 500

/** Stopping a media buy, letting it go on, and taking it back. */
export function steering(desk: ConsoleDesk) {
  const steer = async (c: Context<VisitEnv>, to: Steering['to']) => {
    const { tenant_id, person, base, now } = c.get('visit')
    const media_buy_id = c.req.param('media_buy_id') ?? ''
    const actor = { kind: 'operator', name: person.name, user_id: person.user_id } as const
    const outcome = await steerMediaBuy(desk.db, { tenant_id, media_buy_id, to, actor, now })
    return done(c, `${base}/media_buys/${media_buy_id}`, told(outcome, to.type))
  }
  return new Hono<VisitEnv>()
    .post('/:media_buy_id/pause', needs('manage'), (c) => steer(c, { type: 'paused' }))
    .post('/:media_buy_id/resume', needs('manage'), (c) => steer(c, { type: 'resumed' }))
    .post('/:media_buy_id/cancel', needs('manage'), async (c) => {
      const { reason = '' } = await formOf(c)
      const given = reason.trim()
      if (given !== '' && given.length <= LONGEST_REASON) return steer(c, { type: 'canceled', reason: given })
      const visit = c.get('visit')
      const buy = await selectBuy(
        desk.readDb,
        visit.tenant_id,
        c.req.param('media_buy_id'),
      ).executeTakeFirst()
      if (!buy) return c.notFound()
      const problem =
        given === ''
          ? 'Say why; the buyer reads it.'
          : `No longer than ${LONGEST_REASON} characters, please; these are ${given.length}.`
      return page(
        c,
        { title: `Cancel ${buy.brand}`, room: 'media_buys', status: 422 },
        <>
          <PageHead
            title="Cancel the buy"
            up={{ name: buy.brand, href: `${visit.base}/media_buys/${buy.media_buy_id}` }}
          />
          <form class="card" method="post">
            <Reason value={reason} problem={problem} />
            <button class="danger">Cancel the buy</button>
          </form>
        </>,
      )
    })
}

/** What became of it, for whoever did it. */
function told(outcome: SteeringOutcome, how: Steering['to']['type']): string {
  switch (outcome.type) {
    case 'recorded':
      return sentences[how]
    case 'unchanged':
      return `Nothing was changed: it was ${how} before.`
    case 'refused':
      return `Nothing was changed. ${outcome.why}`
    case 'not_found':
      return 'Nothing was changed: this purchase waits for a decision first.'
  }
}

const sentences = {
  paused: 'Paused. A worker stops it on the ad server now, and the buyer is told.',
  resumed: 'Resumed. A worker lets it run again now, and the buyer is told.',
  canceled: 'Canceled. A worker takes it back on the ad server now, and the buyer is told why.',
}

/** Taking a media buy back, which asks once more and says what it means. */
export function CancelForm({ buy, visit }: { buy: Buy; visit: Visit }) {
  return (
    <section class="last">
      <Confirm action={`${visit.base}/media_buys/${buy.media_buy_id}/cancel`} verb="Cancel the buy">
        <p>
          Its orders are taken back on the ad servers and what it held is free again. This cannot be undone;
          what was delivered until then stays due.
        </p>
        <Reason />
      </Confirm>
    </section>
  )
}

function Reason(given: { value?: string; problem?: string }) {
  return (
    <LongField
      name="reason"
      label="Reason"
      hint="The buyer reads this."
      required
      maxlength={LONGEST_REASON}
      {...given}
    />
  )
}
