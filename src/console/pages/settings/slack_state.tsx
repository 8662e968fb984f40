import { faultWords } from '../../../blocks/fault_words.ts'
import type { readSlackStanding } from '../../../queries/slack_standing.ts'
import type { Visit } from '../../desk.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { TextField } from '../../parts/field.tsx'
import { When } from '../../parts/figures.tsx'
import type { Problems } from '../../problems.ts'

type Slack = NonNullable<Awaited<ReturnType<typeof readSlackStanding>>>

interface Props {
  visit: Visit
  slack: Slack | undefined
  given: Partial<Record<string, string>> | undefined
  problems: Problems
  /** Whether whoever looks may also change it. */
  sets: boolean
  /** Whether they may install the app with a link. */
  installs: boolean
  /** Where an app of this publisher's own sends what is clicked. */
  events: string
}

export function SlackState({ visit, slack, given, problems, sets, installs, events }: Props) {
  const here = `${visit.base}/settings/slack`
  if (!slack)
    return installs ? (
      <>
        <p>Not connected. Once it is, approvals can be decided in Slack.</p>
        <Install here={here} verb="Install in a workspace" />
      </>
    ) : (
      <p class="empty">
        Not connected. <code>salesdesk slack connect</code> connects a workspace; then approvals can be
        decided in Slack.
      </p>
    )
  return (
    <>
      <dl class="facts">
        <dt>Workspace</dt>
        <dd>{slack.team_name ?? 'an incoming webhook: messages link to this console'}</dd>
        <dt>Connected</dt>
        <dd>
          <When at={slack.connected_at} now={visit.now} /> by {slack.connected_by}
        </dd>
        {slack.own_app && (
          <>
            <dt>App</dt>
            <dd>
              your own; it sends what is clicked to <code>{events}</code>
            </dd>
          </>
        )}
      </dl>
      {slack.uninstalled_at !== null && (
        <p class="warning">
          The workspace took the app out <When at={slack.uninstalled_at} now={visit.now} />. Nothing is told
          until it is installed again.
        </p>
      )}
      {slack.last_error !== null && (
        <p class="warning">
          Slack could not be told {slack.failures === 1 ? 'once' : `${slack.failures} times in a row`}:{' '}
          {faultWords(slack.last_error)}. Everything is kept until it works.
        </p>
      )}
      {slack.way !== 'incoming_webhook' && slack.channel_id === null && (
        <p class="warning">No channel is named yet, so nothing is told.</p>
      )}
      <Channels {...{ here, slack, given, problems, sets }} />
      {sets && (
        <div class="row">
          {installs && slack.uninstalled_at !== null && <Install here={here} verb="Install again" />}
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

const Install = ({ here, verb }: { here: string; verb: string }) => (
  <form method="post" action={`${here}/install`}>
    <button class="primary">{verb}</button>
  </form>
)

function Channels({
  here,
  slack,
  given,
  problems,
  sets,
}: Omit<Props, 'visit' | 'slack' | 'installs' | 'events'> & { here: string; slack: Slack }) {
  const { summary_hour, time_zone, channel_id, escalation_channel_id } = slack
  const kept: Record<string, string | number | null> = {
    ...{ summary_hour, time_zone, channel_id, escalation_channel_id },
  }
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
        {sets && <button class="primary">Save</button>}
      </fieldset>
    </form>
  )
}
