import { Hono, type Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { signInElsewhere, type ElsewhereOutcome } from '../../commands/people/sign_in_elsewhere.ts'
import { backTo } from '../back_to.ts'
import type { ConsoleDesk } from '../desk.ts'
import { Begun, OidcFault, type Oidc } from '../oidc.ts'
import { ownAddress } from '../own_address.ts'
import { Bare } from '../parts/layout.tsx'
import { isSecure, openSession } from '../session.ts'

const MINUTES = 10

/** Signing in with the publisher's identity provider, under /console/oidc. */
export function oidcSignIn(desk: ConsoleDesk) {
  const { oidc } = desk
  if (!oidc) return new Hono()
  return new Hono()
    .get('/', async (c) => {
      const [to, invitation] = [backTo(c.req.query('to')), c.req.query('invitation')]
      try {
        const { url, begun } = await oidc.begin(callbackOf(c, desk), {
          to,
          ...(invitation !== undefined && { invitation }),
        })
        keep(c, desk, begun)
        return c.redirect(url.href, 303)
      } catch (error) {
        return refuse(c, desk, oidc, faultOf(error))
      }
    })
    .get('/callback', async (c) => {
      const begun = take(c, desk)
      if (!begun) return refuse(c, desk, oidc, { said: words(oidc).another_browser })
      // as the browser addressed us, which behind a proxy is not what arrived here
      const address = new URL(callbackOf(c, desk))
      address.search = new URL(c.req.url).search
      try {
        const identity = await oidc.finish(address, begun)
        const { invitation } = begun
        const outcome = await signInElsewhere(desk.db, { ...identity, invitation, now: desk.clock() })
        if (outcome.type !== 'welcome')
          return await refuse(c, desk, oidc, { said: words(oidc)[outcome.type] })
        await openSession(c, desk, outcome.user_id)
        return c.redirect(begun.to, 303)
      } catch (error) {
        return refuse(c, desk, oidc, faultOf(error))
      }
    })

  function faultOf(error: unknown): Refusal {
    if (!(error instanceof OidcFault)) throw error
    const { kind, cause } = error
    desk.log.warn({ kind, reason: (cause as Error | undefined)?.message }, 'a sign-in elsewhere failed')
    return { said: words(oidc as Oidc)[kind], ...(kind === 'away' && { status: 503 }) }
  }
}

const callbackOf = (c: Context, desk: ConsoleDesk) => `${ownAddress(c, desk)}/console/oidc/callback`

type Why = OidcFault['kind'] | Exclude<ElsewhereOutcome['type'], 'welcome'> | 'another_browser'

const words = ({ name }: Oidc): Record<Why, string> => ({
  away: `${name} cannot be reached right now. Try again in a minute.`,
  declined: `${name} did not let you in, or you went back.`,
  odd: `${name} answered something that cannot be trusted, so nobody was let in. Begin again; if it stays so, whoever runs this desk finds the reason in its log.`,
  another_browser: 'This sign-in was begun in another browser, used before, or is too old. Begin again.',
  stranger:
    'You work for no publisher here. Ask an admin of yours for an invitation to the email you have there.',
  unverified: `${name} does not say that your email address is really yours, so it cannot tell who you are here.`,
  another_account: `Somebody with your email signs in here with another account of ${name}. Use that one, or ask an admin.`,
})

interface Refusal {
  said: string
  status?: 503
}

function refuse(c: Context, desk: ConsoleDesk, { name }: Oidc, { said, status }: Refusal) {
  return c.html(
    <Bare title="Not signed in">
      <h1>Not signed in</h1>
      <p class="problem" role="alert">
        {said}
      </p>
      <p>
        <a class="button" href="/console/oidc">
          Try again with {name}
        </a>
      </p>
      {desk.passwords && (
        <p>
          <a href="/console/sign-in">Sign in with a password</a>
        </p>
      )}
    </Bare>,
    status ?? 403,
  )
}

function keep(c: Context, desk: ConsoleDesk, begun: Begun) {
  setCookie(c, cookieName(desk), Buffer.from(JSON.stringify(begun)).toString('base64url'), {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax', // the provider sends the browser back from its own site
    secure: isSecure(desk),
    maxAge: MINUTES * 60,
  })
}

/** What this browser began, once. */
function take(c: Context, desk: ConsoleDesk): Begun | undefined {
  const kept = getCookie(c, cookieName(desk))
  if (kept === undefined) return undefined
  deleteCookie(c, cookieName(desk), { path: '/', secure: isSecure(desk) })
  try {
    return Begun.parse(JSON.parse(Buffer.from(kept, 'base64url').toString()))
  } catch {
    return undefined
  }
}

// the prefix keeps other hosts of the same domain from setting it
const cookieName = (desk: ConsoleDesk) => (isSecure(desk) ? '__Host-salesdesk-oidc' : 'salesdesk-oidc')
