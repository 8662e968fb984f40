import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { sendSummary } from '../../../commands/slack/send_summary.ts'
import { beginInstallation } from '../../../commands/slack/installation.ts'
import { disconnectSlack, setUpSlack } from '../../../commands/slack/set_up.ts'
import { readSlackStanding } from '../../../queries/slack_standing.ts'
import { may } from '../../../rights.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { nothing, wholeOrNothing } from '../../fields_of_forms.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { ownAddress } from '../../own_address.ts'
import { done, page } from '../../page.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { problemsOf, type Problems } from '../../problems.ts'
import { Head } from './head.tsx'
import { SlackState } from './slack_state.tsx'

const Channel = nothing(
  z
    .string()
    .trim()
    .regex(
      /^[CG][A-Z0-9]{5,30}$/,
      'The channel’s id, such as C0123456789: at the end of its details in Slack.',
    ),
)
const Form = z.object({
  channel_id: Channel,
  escalation_channel_id: Channel,
  time_zone: z.string().refine(isTimeZone, 'A time zone such as Europe/Berlin.'),
  summary_hour: wholeOrNothing(0, 23),
})

/** Where people are told in Slack, and whether that works. */
export function slackSettings(desk: ConsoleDesk) {
  const show = async (
    c: Context<VisitEnv>,
    given?: Partial<Record<string, string>>,
    problems: Problems = {},
  ) => {
    const visit = c.get('visit')
    const slack = await readSlackStanding(desk.readDb, visit.tenant_id)
    const installs = desk.installsSlack && may(visit.role, 'administer')
    return page(
      c,
      { title: 'Slack · Settings', room: 'settings', ...(given && { status: 422 }) },
      <>
        <Head visit={visit} at="/slack" />
        <SlackState
          {...{ visit, slack, given, problems, installs }}
          events={`${ownAddress(c, desk)}/slack/events/${visit.tenant_id}`}
          sets={may(visit.role, 'administer')}
        />
      </>,
    )
  }
  const over = (c: Context<VisitEnv>, went: boolean, said: string) =>
    done(c, `${c.get('visit').base}/settings/slack`, went ? said : 'Slack is not connected.')
  const by = (c: Context<VisitEnv>) => {
    const { tenant_id, person } = c.get('visit')
    return { tenant_id, by: person.name, user_id: person.user_id }
  }

  return new Hono<VisitEnv>()
    .get('/', (c) => show(c))
    .post('/', needs('administer'), async (c) => {
      const given = await formOf(c)
      const read = Form.safeParse(given)
      if (!read.success) return show(c, given, problemsOf(read.error))
      const { channel_id, ...rest } = read.data
      const { way } = (await readSlackStanding(desk.readDb, c.get('visit').tenant_id)) ?? {}
      const set =
        way === 'incoming_webhook'
          ? { time_zone: rest.time_zone, summary_hour: rest.summary_hour }
          : { ...rest, ...(channel_id !== null && { channel_id }) }
      return over(c, await setUpSlack(desk.db, { ...by(c), set }), 'Kept.')
    })
    .post('/install', needs('administer'), async (c) => {
      if (!desk.installsSlack) return over(c, false, '')
      const { tenant_id, person, now } = c.get('visit')
      const installer = { tenant_id, user_id: person.user_id, begun_by: person.name }
      const link = await beginInstallation(desk.db, installer, now)
      return page(c, { title: 'Slack · Settings', room: 'settings' }, <Install link={link} />)
    })
    .post('/test', needs('administer'), async (c) => {
      const visit = c.get('visit')
      const sent = await sendSummary(desk.db, {
        tenant_id: visit.tenant_id,
        by: actorOf(visit),
        now: visit.now,
      })
      return over(c, sent, 'A summary of today is on its way. If it does not arrive, this page says why.')
    })
    .post('/disconnect', needs('administer'), async (c) =>
      over(c, await disconnectSlack(desk.db, by(c)), 'Disconnected. Nothing is told in Slack any more.'),
    )
}

/** A link and no redirect: a form may lead nowhere but to our own pages, and Slack is elsewhere. */
function Install({ link }: { link: string }) {
  return (
    <>
      <PageHead title="Install in Slack">
        The link opens once, in this browser, within fifteen minutes. Slack asks which workspace it is for,
        and leads back here.
      </PageHead>
      <p>
        <a class="button primary" href={link}>
          Go on to Slack
        </a>
      </p>
    </>
  )
}

function isTimeZone(name: string): boolean {
  return name === 'UTC' || Intl.supportedValuesOf('timeZone').includes(name)
}
