import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { assets } from './assets.ts'
import type { ConsoleDesk } from './desk.ts'
import { readsInOrder } from './in_order.ts'
import { onlyReadable } from './only_readable.ts'
import { answerFault, answerNotFound } from './fault.tsx'
import { account } from './pages/account.tsx'
import { invitation } from './pages/invitation.tsx'
import { oidcSignIn } from './pages/oidc.tsx'
import { signIn } from './pages/sign_in.tsx'
import { rooms } from './rooms.ts'

/** Everything under /console, for the HTTP server to pass requests on to. */
export function createConsole(desk: ConsoleDesk) {
  const answer = getRequestListener(createConsoleApp(desk).fetch, { overrideGlobalObjects: false })
  return {
    answer: (request: IncomingMessage, response: ServerResponse) => void answer(request, response),
    /** Open pages are hung up on, so that they find the next server. */
    close: () => desk.live.close(),
  }
}

/** The same as a Hono app; tests walk through its routes. */
export function createConsoleApp(desk: ConsoleDesk) {
  const app = new Hono().basePath('/console')
  app.use(headers(desk))
  app.use(keptNowhere)
  app.use(readsInOrder)
  app.use(onlyReadable)
  // browsers say where a form was sent from; only our own pages may send one
  app.use(
    csrf({
      origin: (origin, c) =>
        origin === (desk.publicUrl ? new URL(desk.publicUrl).origin : new URL(c.req.url).origin),
    }),
  )
  app.onError((error, c) => answerFault(c, desk, error))
  app.notFound((c) => answerNotFound(c))
  app.route('/assets', assets())
  app.route('/', signIn(desk))
  app.route('/invitation', invitation(desk))
  app.route('/account', account(desk))
  app.route('/oidc', oidcSignIn(desk))
  app.route('/', rooms(desk))
  return app
}

/** Pages say what is a publisher's alone, and their addresses may hold a secret; files of ours say themselves how long they keep. */
const keptNowhere = createMiddleware(async (c, next) => {
  await next()
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
})

/** No script and no style but our own files; nobody frames a page, and no address leaks to other sites. */
function headers({ publicUrl }: ConsoleDesk) {
  const own = ["'self'"]
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: own,
      styleSrc: own,
      connectSrc: own,
      imgSrc: [...own, 'data:', 'https:'], // buyers' creatives are looked at before they run
      mediaSrc: ['https:'],
      frameSrc: ["'none'"],
      formAction: own,
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
    strictTransportSecurity: publicUrl?.startsWith('https:') ? 'max-age=31536000' : false,
    crossOriginEmbedderPolicy: false,
  })
}
