import type { Visit } from '../../desk.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { TextField } from '../../parts/field.tsx'
import { When } from '../../parts/figures.tsx'
import type { Problems } from '../../problems.ts'
import type { Slack } from './select_slack.ts'

interface Props {
  visit: Visit
  slack: Slack | undefined
  given: Partial<Record<string, string>> | undefined
  problems: Problems
  /** Whether whoever looks may also change it. */
  sets: boolean
}

export function SlackState({ visit, slack, given, problems, sets }: Props) {
  if (!slack)
    return (
      <p class="empty">
        Not connected. <code>salesdesk slack connect</code> connects a workspace; then approvals can be
        decided in Slack.
      </p>
    )
  const here = `${visit.base}/settings/slack`
  return (
    <>
      <dl class="facts">
        <dt>Workspace</dt>
        <dd>{slack.team_name ?? 'an incoming webhook: messages link to this console'}</dd>
        <dt>Connected</dt>
        <dd>
          <When at={slack.connected_at} now={visit.now} /> by {slack.connected_by}
        </dd>
      </dl>
      {slack.last_error !== null && (
        <p class="warning">
          Slack could not be told {slack.failures === 1 ? 'once' : `${slack.failures} times in a row`}:{' '}
          {slack.last_error}. Everything is kept until it works.
        </p>
      )}
      {slack.way !== 'incoming_webhook' && slack.channel_id === null && (
        <p class="warning">No channel is named yet, so nothing is told.</p>
      )}
      <Channels {...{ here, slack, given, problems, sets }} />
      {sets && (
        <div class="row">
          <form method="post" action={`${here}/test`}>
            <button>Send a summary now</button>
          </form>
          <Confirm action={`${here}/disconnect`} verb="Disconnect">
            <p>Nothing is told in Slack any more, and buttons there decide nothing.</p>
          </Confirm>
        </div>
      )}
    </>
  )
}

function Channels({
  here,
  slack,
  given,
  problems,
  sets,
}: Omit<Props, 'visit' | 'slack'> & { here: string; slack: Slack }) {
  const kept: Record<string, string | number | null> = { ...slack, connected_at: null }
  const field = (name: string) => ({
    name,
    value: given ? (given[name] ?? '') : String(kept[name] ?? ''),
    problem: problems[name],
  })
  return (
    <form class="narrow" method="post" action={here}>
      <fieldset class="bare-set" disabled={!sets}>
        {slack.way !== 'incoming_webhook' && (
          <>
            <TextField
              {...field('channel_id')}
              label="Channel"
              hint="Its id, such as C0123456789. The app must be in it."
            />
            <TextField
              {...field('escalation_channel_id')}
              label="Channel for escalations"
              hint="Empty: the same."
            />
          </>
        )}
        <TextField
          {...field('summary_hour')}
          label="Hour of the daily summary"
          hint="0 to 23. Empty: none."
          inputmode="numeric"
        />
        <TextField {...field('time_zone')} label="Time zone" hint="Such as Europe/Berlin." required />
        {sets && <button class="primary">Keep</button>}
      </fieldset>
    </form>
  )
}
