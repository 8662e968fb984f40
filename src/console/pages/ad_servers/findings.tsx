import type { Check } from '../../../queries/ad_servers.ts'
import { Badge } from '../../parts/badge.tsx'
import { When } from '../../parts/figures.tsx'

/** What the last look at a connection found, or that one is under way. */
export function Findings({ check, now }: { check: Check | undefined; now: Date }) {
  if (!check) return <p class="empty">Nobody has tested this connection yet.</p>
  if (!check.finished_at)
    return (
      <p class="said">
        Being tested since <When at={check.asked_at} now={now} />: a worker asks the ad server, and what it
        finds shows here. If nothing comes, no worker may be running.
      </p>
    )
  return (
    <>
      <p class="faint">
        Tested <When at={check.finished_at} now={now} />, asked for by {check.asked_by}.
      </p>
      <ul class="findings">
        {check.findings.map(({ ok, subject, text }) => (
          <li>
            <Badge status={ok ? 'ok' : 'to be settled'} tone={ok ? 'good' : 'bad'} />
            <span>
              <strong>{subject}</strong> {text}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
