import { Hono, type Context } from 'hono'
import type { AdServerKind } from '../../../ad_server_kinds.ts'
import { changeKey } from '../../../commands/ad_servers/change_key.ts'
import type { AdServer } from '../../../queries/ad_servers.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import type { Problems } from '../../problems.ts'
import { PageHead } from '../../parts/page_head.tsx'
import { byVisitor, findAdServer, kindOf } from './find.ts'
import { NoSeal, SecretField, secretOf } from './secret_field.tsx'
import { problemsOfSettings, readSettings, SettingFields } from './setting_fields.tsx'

/** A new key for a connection, and where it is sent: whoever changes the address must know the key. */
export function adServerKey(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/:connection_id/key', async (c) => {
      const one = await findAdServer(c, desk)
      return one ? form(c, desk, one, one.settings as Record<string, unknown>, {}) : c.notFound()
    })
    .post('/:connection_id/key', needs('administer'), async (c) => {
      const one = await findAdServer(c, desk)
      if (!one) return c.notFound()
      const kind = kindOf(desk, one.kind)
      const addresses = readSettings(addressesOf(kind), await formOf(c))
      if (!desk.seal) return form(c, desk, one, addresses, {})
      const secret = await secretOf(c)
      const outcome = await changeKey(desk.db, kind, { ...byVisitor(c), seal: desk.seal, secret, addresses })
      if (outcome.type === 'refused')
        return form(c, desk, one, addresses, problemsOfSettings(outcome.problems))
      if (outcome.type === 'not_found') return c.notFound()
      const here = `${c.get('visit').base}/ad_servers/${one.connection_id}`
      return done(c, here, 'The new key is kept sealed. A worker tests it now.')
    })
}

const addressesOf = ({ fields }: AdServerKind) => fields.filter(({ address }) => address)

function form(
  c: Context<VisitEnv>,
  desk: ConsoleDesk,
  one: AdServer,
  settings: Record<string, unknown>,
  problems: Problems,
) {
  const kind = kindOf(desk, one.kind)
  const here = `${c.get('visit').base}/ad_servers/${one.connection_id}`
  const status = c.req.method === 'POST' ? 422 : 200
  return page(
    c,
    { title: `Key of ${one.name}`, room: 'ad_servers', status },
    <>
      <PageHead title="Another key" up={{ name: one.name, href: here }}>
        It takes the place of the one before, for every worker, from its next call on.
      </PageHead>
      {!kind.secret ? (
        <p class="empty">This ad server asks for no key.</p>
      ) : !desk.seal ? (
        <NoSeal />
      ) : (
        <form class="card narrow" method="post" action={`${here}/key`} enctype="multipart/form-data">
          <SecretField secret={kind.secret} problem={problems['secret']} />
          <SettingFields fields={addressesOf(kind)} {...{ settings, problems }} />
          <button class="primary">Keep it and test it</button>
        </form>
      )}
    </>,
  )
}
