import { slackTrouble } from '../../../blocks/fault_words.ts'
import type { readSlackStanding } from '../../../queries/slack_standing.ts'
import type { Visit } from '../../desk.ts'
import { Place } from '../../parts/place.tsx'

interface Props {
  visit: Visit
  slack: Awaited<ReturnType<typeof readSlackStanding>>
}

/** Says that people are not told in Slack what waits for them, and why; nothing where they are, or are not meant to be. */
export function SlackTrouble({ visit, slack }: Props) {
  const trouble = slack && slackTrouble(slack)
  if (trouble === undefined) return null
  return (
    <p class="warning">
      Nothing is told in Slack: {trouble}. What waits is here;{' '}
      <Place visit={visit} room="settings" rest="/slack">
        see the settings
      </Place>
      .
    </p>
  )
}
