import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { createToken } from '../../../commands/create_token.ts'
import { revokeToken, rotateToken } from '../../../commands/end_token.ts'
import { UnknownPrincipalError } from '../../../commands/known_principal.ts'
import { clientConfigs } from '../../../client_config.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { ownAddress } from '../../own_address.ts'
import { done, page } from '../../page.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { ConfigList } from './config_list.tsx'
import { selectBuyer } from './select.ts'

const Making = z.object({
  label: z.string().trim().max(60).default(''),
  days: z.preprocess(
    (days) => (days === '' ? undefined : days),
    z.coerce.number().int().min(1).max(3660).optional(),
  ),
})
const Rotating = z.object({ overlap_hours: z.coerce.number().int().min(0).max(720).catch(24) })

/** Making, rotating and revoking tokens. A new one is shown on the answer to its form, and nowhere else ever again. */
export function buyerTokens(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .post('/:principal_id/tokens', needs('manage'), async (c) => {
      const visit = c.get('visit')
      const read = Making.safeParse(await formOf(c))
      const found = await buyerOf(c, desk)
      if (!found) return c.notFound()
      const here = `${visit.base}/buyers/${found.principal_id}`
      if (!read.success) return done(c, here, 'That is no time a token can be valid for. None was made.')
      const { label, days } = read.data
      const expires_at = days === undefined ? undefined : new Date(visit.now.getTime() + days * 86_400_000)
      const made = createToken(desk.db, found.principal_id, { by: actorOf(visit), label, expires_at })
      const token = await made.catch(goneWhileAsked)
      if (token === undefined) return done(c, here, 'An archived buyer gets no tokens.')
      return showToken(c, desk, { ...found, token, before: undefined })
    })
    .post('/:principal_id/tokens/:token_id/rotate', needs('manage'), async (c) => {
      const visit = c.get('visit')
      const { overlap_hours } = Rotating.parse(await formOf(c))
      const found = await buyerOf(c, desk)
      const ref = refOf(c)
      if (!found || !ref) return c.notFound()
      const by = { by: actorOf(visit), now: visit.now }
      const token = await rotateToken(desk.db, { ...ref, ...by, overlap_hours })
      if (token === undefined) return done(c, `${visit.base}/buyers/${found.principal_id}`, OVER)
      return showToken(c, desk, { ...found, token, before: overlap_hours })
    })
    .post('/:principal_id/tokens/:token_id/revoke', needs('manage'), async (c) => {
      const visit = c.get('visit')
      const ref = refOf(c)
      if (!ref) return c.notFound()
      const revoked = await revokeToken(desk.db, { ...ref, by: actorOf(visit), now: visit.now })
      const here = `${visit.base}/buyers/${ref.principal_id}`
      return done(c, here, revoked ? 'Revoked. It opens nothing any more.' : OVER)
    })
}

const OVER = 'Nothing was changed: this token was over before, or the buyer is archived.'

function goneWhileAsked(error: unknown): undefined {
  if (!(error instanceof UnknownPrincipalError)) throw error
}

const buyerOf = (c: Context<VisitEnv>, desk: ConsoleDesk) =>
  selectBuyer(desk.readDb, c.get('visit').tenant_id, c.req.param('principal_id') ?? '').executeTakeFirst()

function refOf(c: Context<VisitEnv>) {
  const { principal_id = '', token_id = '' } = c.req.param()
  if (!/^\d{1,18}$/.test(token_id)) return undefined
  return { tenant_id: c.get('visit').tenant_id, principal_id, token_id }
}

interface Shown {
  principal_id: string
  name: string
  token: string
  /** For how many hours the token it replaces still works. */
  before: number | undefined
}

function showToken(c: Context<VisitEnv>, desk: ConsoleDesk, { principal_id, name, token, before }: Shown) {
  const here = `${c.get('visit').base}/buyers/${principal_id}`
  const configs = clientConfigs({ url: `${ownAddress(c, desk)}/mcp`, token })
  return page(
    c,
    { title: 'New token', room: 'buyers' },
    <>
      <PageHead title="A new token" up={{ name, href: here }} />
      <p class="warning">
        Copy it now: it is shown this once and kept nowhere. Whoever has it can buy as {name}.
        {before !== undefined &&
          ` The one before works for another ${before === 1 ? 'hour' : `${before} hours`}.`}
      </p>
      <ConfigList
        first={{ client: 'The token', file: 'For whoever runs the agent.', text: token }}
        configs={configs}
      />
      <p>
        <a class="button" href={here}>
          I have it
        </a>
      </p>
    </>,
  )
}
