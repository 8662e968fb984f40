import { Capabilities } from '../../../capabilities.ts'
import type { AdServer } from '../../../queries/ad_servers.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { count, When } from '../../parts/figures.tsx'

/** What the ad server says of itself, and how much it is asked. */
export function Facts({ one, visit: { now } }: { one: AdServer; visit: Visit }) {
  const { network, orders_waiting } = one
  const unread = tellsNothing(one) ? 'It does not tell' : undefined
  return (
    <dl class="facts">
      <dt>Network</dt>
      <dd>
        {network ? (
          <>
            {network.name} <code>{network.network_id}</code> {network.test && <Badge status="test network" />}
          </>
        ) : (
          (unread ?? 'Not read yet')
        )}
      </dd>
      <dt>Money</dt>
      <dd>{network?.currencies.join(', ') || unread || 'It names no currency'}</dd>
      <dt>Time zone</dt>
      <dd>{network?.time_zone ?? unread ?? 'Not known yet'}</dd>
      <dt>Limits</dt>
      <dd>{limitsOf(one)}</dd>
      <dt>Calls</dt>
      <dd>
        <Traffic {...{ one, now }} />
      </dd>
      <dt>Orders waiting</dt>
      <dd>{orders_waiting === 0 ? 'None' : count(orders_waiting)}</dd>
      <dt>Key</dt>
      <dd>
        {one.set_at ? (
          <>
            Kept sealed, set by {one.set_by} <When at={one.set_at} now={now} />
          </>
        ) : one.secret_name === null ? (
          'None'
        ) : (
          <>
            In the variable <code>{one.secret_name}</code> of each worker
          </>
        )}
      </dd>
      <dt>Kept in</dt>
      <dd>
        {one.kept_in === 'file'
          ? 'The publisher file: what is changed here is overwritten the next time the file is read'
          : 'This console'}
      </dd>
      <dt>Id</dt>
      <dd>
        <code>{one.connection_id}</code>
      </dd>
    </dl>
  )
}

/** Of some ad servers nobody can ask what their network is. */
function tellsNothing({ capabilities }: AdServer): boolean {
  const able = Capabilities.safeParse(capabilities).data
  return able !== undefined && able.reads.network === undefined
}

function limitsOf({ network, capabilities }: AdServer): string {
  const { reports_per_hour = null, line_items_per_order = null } = network?.limits ?? {}
  const { calls_per_second = null } = Capabilities.safeParse(capabilities).data ?? {}
  const known = [
    calls_per_second !== null && `${count(calls_per_second)} calls a second`,
    reports_per_hour !== null && `${count(reports_per_hour)} reports an hour`,
    line_items_per_order !== null && `${count(line_items_per_order)} line items in an order`,
  ].filter((one) => one !== false)
  return known.join(', ') || 'None is known'
}

/** The circuit breaker and the bucket all workers take their calls from. */
function Traffic({ one, now }: { one: AdServer; now: Date }) {
  const { broken_until, failures, next_call_at } = one
  if (broken_until && broken_until > now)
    return (
      <>
        Nobody calls it: {count(failures)} calls in a row came to nothing. The next try comes{' '}
        <When at={broken_until} now={now} />
      </>
    )
  if (next_call_at === null) return <>Not called yet</>
  if (next_call_at > now)
    return (
      <>
        Enough for the moment; the next may leave <When at={next_call_at} now={now} />
      </>
    )
  return failures > 0 ? (
    <>{count(failures)} in a row came to nothing; the next may leave at once</>
  ) : (
    <>Free</>
  )
}
