import { Hono, type Context } from 'hono'
import type { AdServerKind } from '../../../ad_server_kinds.ts'
import { beginConnection } from '../../../commands/ad_servers/begin_connection.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import type { Problems } from '../../problems.ts'
import { TextField } from '../../parts/field.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { kindOf } from './find.ts'
import { NoSeal, SecretField, secretOf } from './secret_field.tsx'
import { problemsOfSettings, readSettings, SettingFields } from './setting_fields.tsx'

interface Asked {
  name: string
  settings: Record<string, unknown>
  problems: Problems
}

/** The first step to a new ad server: which kind, under what name, with what key. A worker tests it before anything is sold. */
export function connectAdServer(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', (c) => {
      const { base } = c.get('visit')
      return page(
        c,
        { title: 'Connect an ad server', room: 'ad_servers' },
        <>
          <PageHead title="Connect an ad server" up={{ name: 'Ad servers', href: `${base}/ad_servers` }}>
            Nothing is sold over it before it was tested and you say so.
          </PageHead>
          <ul class="choose">
            {desk.adServerKinds.map(({ kind, name, about }) => (
              <li class="card">
                <h2>
                  <a href={`${base}/connect/${kind}`}>{name}</a>
                </h2>
                <p>{about}</p>
              </li>
            ))}
          </ul>
        </>,
      )
    })
    .get('/:kind', (c) => {
      const kind = kindOf(desk, c.req.param('kind'))
      return form(c, desk, kind, { name: kind.name, settings: {}, problems: {} })
    })
    .post('/:kind', needs('administer'), async (c) => {
      const kind = kindOf(desk, c.req.param('kind'))
      const { tenant_id, person, base, now } = c.get('visit')
      const sent = await formOf(c)
      const name = sent['name']?.trim() ?? ''
      const settings = readSettings(fieldsOf(kind), sent)
      const asked = { name, settings, problems: {} }
      if (name === '' || name.length > 100)
        return form(c, desk, kind, { ...asked, problems: { name: 'A name of at most 100 letters.' } })
      if (kind.secret && !desk.seal) return form(c, desk, kind, asked)
      const secret = desk.seal && kind.secret ? { text: await secretOf(c), seal: desk.seal } : undefined
      const by = { tenant_id, by: person.name, user_id: person.user_id, now }
      const outcome = await beginConnection(desk.db, { ...by, kind, name, settings, secret })
      if (outcome.type === 'refused')
        return form(c, desk, kind, { ...asked, problems: problemsOfSettings(outcome.problems) })
      return done(c, `${base}/ad_servers/${outcome.connection_id}`, 'A worker tests the connection now.')
    })
}

/** What the ad server says itself is chosen afterwards. */
const fieldsOf = ({ fields }: AdServerKind) => fields.filter(({ offered }) => !offered)

function form(
  c: Context<VisitEnv>,
  desk: ConsoleDesk,
  kind: AdServerKind,
  { name, settings, problems }: Asked,
) {
  const { base } = c.get('visit')
  const failed = Object.keys(problems).length > 0
  return page(
    c,
    { title: `Connect ${kind.name}`, room: 'ad_servers', status: c.req.method === 'POST' ? 422 : 200 },
    <>
      <PageHead title={`Connect ${kind.name}`} up={{ name: 'Connect an ad server', href: `${base}/connect` }}>
        {kind.about}
      </PageHead>
      {kind.secret && !desk.seal ? (
        <NoSeal />
      ) : (
        <form
          class="card narrow"
          method="post"
          action={`${base}/connect/${kind.kind}`}
          enctype="multipart/form-data"
        >
          {failed && kind.secret && (
            <p class="warning">Please give the key again: it is not kept in the page.</p>
          )}
          <TextField
            name="name"
            label="Name"
            hint="What your people call it."
            value={name}
            problem={problems['name']}
            required
          />
          {kind.secret && <SecretField secret={kind.secret} problem={problems['secret']} />}
          <SettingFields fields={fieldsOf(kind)} {...{ settings, problems }} />
          <button class="primary">{kind.secret ? 'Keep the key and test it' : 'Test it'}</button>
        </form>
      )}
    </>,
  )
}
