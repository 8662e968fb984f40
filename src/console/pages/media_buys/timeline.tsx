import { exact, When } from '../../parts/figures.tsx'
import { stepName, type Point } from './timeline_of.ts'
import type { Order } from './read_orders.ts'

/** The way of a media buy so far and what comes next, from top to bottom. */
export function Timeline({
  points,
  orders,
  now,
}: {
  points: readonly Point[]
  orders: readonly Order[]
  now: Date
}) {
  return (
    <ol class="timeline">
      {points.map(({ at, what, said, ids, tone }) => (
        <li class={tone}>
          <time datetime={at.toISOString()}>{exact(at)}</time>
          <p>
            <strong>{what}</strong>
            {said.length > 0 && <span class="faint"> {said.join(' · ')}</span>}
            {ids.map((id) => (
              <>
                {' '}
                <code>{id}</code>
              </>
            ))}
          </p>
        </li>
      ))}
      {orders.map((order) => (
        <Next order={order} now={now} />
      ))}
    </ol>
  )
}

/** What is still to be sent to an ad server: the step it is at, and how many follow. */
function Next({ order, now }: { order: Order; now: Date }) {
  const [step, ...more] = order.steps.filter(({ state }) => !['done', 'failed', 'dropped'].includes(state))
  if (!step || order.state === 'canceled' || order.state === 'refused') return null
  const { attempts, error, next_at } = step
  return (
    <li class={order.state === 'needs_human' ? 'bad' : 'waiting'}>
      <span class="faint">next</span>
      <p>
        <strong>
          {stepName(step.kind)} on {order.connection}
        </strong>{' '}
        <span class="faint">
          {order.state === 'needs_human' ? 'waits for a person' : attempts > 0 ? 'not yet' : 'to be done'}
          {attempts > 0 && ` · tried ${attempts === 1 ? 'once' : `${attempts} times`}`}
          {error !== null && ` · ${error}`}
          {next_at !== null && (
            <>
              {' · again '}
              <When at={new Date(next_at)} now={now} />
            </>
          )}
          {more.length > 0 && ` · ${more.length} more ${more.length === 1 ? 'step' : 'steps'} after it`}
        </span>
      </p>
    </li>
  )
}
