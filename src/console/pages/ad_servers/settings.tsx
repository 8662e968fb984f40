import { Hono, type Context } from 'hono'
import { z } from 'zod'
import type { AdServerKind } from '../../../ad_server_kinds.ts'
import { changeConnection, stampOf, type Rhythm } from '../../../commands/ad_servers/change_connection.ts'
import type { AdServer } from '../../../queries/ad_servers.ts'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { problemsOf, type Problems } from '../../problems.ts'
import { TextField } from '../../parts/field.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { byVisitor, findAdServer, kindOf } from './find.ts'
import { Parting } from './parting.tsx'
import { problemsOfSettings, readSettings, SettingFields } from './setting_fields.tsx'

const whole = (least: number, most: number) => {
  const error = `A whole number from ${least} to ${most}.`
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error }).optional()
}
/** The bounds the publisher file has, too. */
const Rhythms = z.object({
  sync_inventory_minutes: whole(5, 10_080),
  sync_orders_minutes: whole(5, 10_080),
  sync_whole_hours: whole(1, 168),
  delivery_minutes: whole(1, 1440),
  corrections_days: whole(1, 90),
})
const Sent = Rhythms.extend({
  name: z.string().trim().min(1, 'A name of at most 100 letters.').max(100, 'A name of at most 100 letters.'),
  stamp: z.string(),
})
const labels: Record<keyof Rhythm, string> = {
  sync_inventory_minutes: 'Minutes between two readings of inventory',
  sync_orders_minutes: 'Minutes between two readings of orders',
  sync_whole_hours: 'Hours until everything is read anew, so that what was deleted is noticed',
  delivery_minutes: 'Minutes between two readings of figures',
  corrections_days: 'Days for which the ad server may still correct figures',
}

/** Name, settings and limits of a connection, and the ways to part with it. */
export function adServerSettings(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/:connection_id/settings', async (c) => {
      const one = await findAdServer(c, desk)
      return one ? form(c, kindOf(desk, one.kind), one, {}) : c.notFound()
    })
    .post('/:connection_id/settings', needs('manage'), async (c) => {
      const one = await findAdServer(c, desk)
      if (!one) return c.notFound()
      const kind = kindOf(desk, one.kind)
      const sent = await formOf(c)
      const settings = readSettings(fieldsOf(kind, one), sent, one.settings as Record<string, unknown>)
      const parsed = Sent.safeParse(sent)
      if (!parsed.success) return form(c, kind, kept(one, sent, settings), problemsOf(parsed.error))
      const { name, stamp, ...given } = parsed.data
      const rhythm = withSent(rhythmOf(one), given)
      const here = `${c.get('visit').base}/ad_servers/${one.connection_id}`
      const change = { name, settings, rhythm }
      const outcome = await changeConnection(desk.db, kind, { ...byVisitor(c), stamp, change })
      switch (outcome.type) {
        case 'refused':
          return form(c, kind, kept(one, sent, settings), problemsOfSettings(outcome.problems))
        case 'changed_meanwhile':
          return done(
            c,
            `${here}/settings`,
            'Nothing was changed: somebody else changed it meanwhile. This is how it is now.',
          )
        case 'not_found':
          return c.notFound()
        case 'same':
          return done(c, here, 'That is how it was already.')
        case 'changed':
          return done(c, here, 'Changed. Workers go by it from their next call on.')
      }
    })
}

/** An address goes with the key. */
const fieldsOf = ({ fields }: AdServerKind, { connected_at }: AdServer) =>
  fields.filter(({ address, fixed }) => !address && !(fixed && connected_at !== null))

const rhythmOf = ({
  sync_inventory_minutes,
  sync_orders_minutes,
  sync_whole_hours,
  delivery_minutes,
  corrections_days,
}: AdServer): Rhythm => ({
  sync_inventory_minutes,
  sync_orders_minutes,
  sync_whole_hours,
  delivery_minutes,
  corrections_days,
})

/** What a form does not ask for stays as it is. */
const withSent = (rhythm: Rhythm, sent: Partial<Record<string, number | string | undefined>>): Rhythm =>
  Object.fromEntries(
    Object.entries(rhythm).map(([name, value]) => [name, sent[name] ?? value]),
  ) as unknown as Rhythm

/** The form as it was sent, so that nothing typed is lost. */
function kept(
  one: AdServer,
  sent: Partial<Record<string, string>>,
  settings: Record<string, unknown>,
): AdServer {
  const rhythm = withSent(rhythmOf(one), sent)
  return { ...one, ...rhythm, name: sent['name'] ?? one.name, settings: settings as AdServer['settings'] }
}

async function form(c: Context<VisitEnv>, kind: AdServerKind, one: AdServer, problems: Problems) {
  const visit = c.get('visit')
  const here = `${visit.base}/ad_servers/${one.connection_id}`
  const stamp =
    c.req.method === 'POST'
      ? ((await formOf(c))['stamp'] ?? '')
      : stampOf({ ...one, settings: one.settings as Record<string, unknown> })
  return page(
    c,
    { title: `Settings of ${one.name}`, room: 'ad_servers', status: c.req.method === 'POST' ? 422 : 200 },
    <>
      <PageHead title="Settings" up={{ name: one.name, href: here }}>
        {one.kept_in === 'file' &&
          'This connection stands in the publisher file: what is changed here is overwritten the next time the file is read.'}
      </PageHead>
      {may(visit.role, 'manage') ? (
        <form class="card narrow" method="post" action={`${here}/settings`}>
          <input type="hidden" name="stamp" value={stamp} />
          <TextField name="name" label="Name" value={one.name} problem={problems['name']} required />
          <SettingFields
            fields={fieldsOf(kind, one)}
            settings={one.settings as Record<string, unknown>}
            problems={problems}
          />
          <h2>How often it is read</h2>
          {(Object.keys(labels) as (keyof Rhythm)[]).map((name) => (
            <TextField
              {...{ name, label: labels[name] }}
              value={String(one[name])}
              problem={problems[name]}
              inputmode="numeric"
              required
            />
          ))}
          <button class="primary">Save</button>
        </form>
      ) : (
        <p class="empty">Only managers of the publisher change these.</p>
      )}
      <Parting {...{ one, kind, visit, here }} />
    </>,
  )
}
