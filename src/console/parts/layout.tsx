import type { Child } from 'hono/jsx'
import { raw } from 'hono/html'
import type { Right } from '../../rights.ts'
import { may } from '../../rights.ts'
import { asset } from '../assets.ts'
import type { Visit } from '../desk.ts'

/** The entries of the navigation, by the folder they lead to, and what they are shown under. */
const entries = {
  overview: { name: 'Overview', path: '', right: 'see', group: 'Today' },
  approvals: { name: 'Approvals', path: '/approvals', right: 'see', group: 'Today' },
  media_buys: { name: 'Media buys', path: '/media_buys', right: 'see', group: 'Today' },
  products: { name: 'Products', path: '/products', right: 'see', group: 'On sale' },
  creatives: { name: 'Creatives', path: '/creatives', right: 'see', group: 'On sale' },
  buyers: { name: 'Buyers', path: '/buyers', right: 'see', group: 'On sale' },
  ad_servers: { name: 'Ad servers', path: '/ad_servers', right: 'see', group: 'Behind the desk' },
  webhooks: { name: 'Webhooks', path: '/webhooks', right: 'see', group: 'Behind the desk' },
  jobs: { name: 'Jobs', path: '/jobs', right: 'see', group: 'Behind the desk' },
  audit: { name: 'Audit', path: '/audit', right: 'see', group: 'Behind the desk' },
  settings: { name: 'Settings', path: '/settings', right: 'see', group: 'Behind the desk' },
} as const satisfies Record<string, Entry>
export type Room = keyof typeof entries
const groups = ['Today', 'On sale', 'Behind the desk'] as const

/** Where a room of the console is, and what is in it under `rest`; undefined where there is no such room. */
export function placeOf({ base }: Visit, room: string, rest = ''): string | undefined {
  const entry = (entries as Partial<Record<string, Entry>>)[room]
  return entry && `${base}${entry.path}${rest}`
}

interface Entry {
  name: string
  path: string
  right: Right
  group: (typeof groups)[number]
}

interface Frame {
  title: string
  children?: Child
}

function Head({ title }: { title: string }) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta
        name="htmx-config"
        content='{"includeIndicatorCSS":false,"history":false,"morphIgnore":["data-htmx-powered","open"]}'
      />
      <title>{title} · Salesdesk</title>
      <link rel="icon" href={asset('icon.svg')} />
      <link rel="stylesheet" href={asset('console.css')} />
      <script defer src={asset('htmx.js')}></script>
      <script defer src={asset('console.js')}></script>
    </head>
  )
}

/** A page of one publisher, with the navigation. */
export function Layout({
  visit,
  title,
  room,
  said,
  children,
}: Frame & { visit: Visit; room: Room; said: string | undefined }) {
  return (
    <>
      {raw('<!doctype html>')}
      <html lang="en">
        <Head title={`${title} · ${visit.publisher}`} />
        <body>
          <a class="skip" href="#main">
            To the content
          </a>
          <div class="frame">
            <Navigation visit={visit} room={room} />
            <main id="main" tabindex={-1}>
              {said !== undefined && (
                <p class="said" role="status">
                  {said}
                </p>
              )}
              {children}
            </main>
          </div>
          <div
            hidden
            data-live={`${visit.base}/live`}
            hx-sse:connect={`${visit.base}/live`}
            hx-swap="none"
          ></div>
        </body>
      </html>
    </>
  )
}

function Navigation({ visit, room }: { visit: Visit; room: Room }) {
  const all: [string, Entry][] = Object.entries(entries)
  const open = all.filter(([, entry]) => may(visit.role, entry.right))
  return (
    <header class="side">
      <details class="menu" open>
        <summary>
          <span class="brand">Salesdesk</span>
          <span class="here">{entries[room].name}</span>
        </summary>
        <nav aria-label="Pages">
          {groups.map((group) => (
            <ul aria-label={group}>
              {open
                .filter(([, entry]) => entry.group === group)
                .map(([key, entry]) => (
                  <li>
                    <a href={`${visit.base}${entry.path}`} aria-current={key === room ? 'page' : undefined}>
                      {entry.name}
                    </a>
                  </li>
                ))}
            </ul>
          ))}
        </nav>
        <Whose visit={visit} />
      </details>
    </header>
  )
}

/** Which publisher this is, who is looking, and the way out. */
function Whose({ visit }: { visit: Visit }) {
  return (
    <div class="whose">
      <strong>{visit.publisher}</strong>
      {visit.publishers.length > 1 && (
        <ul class="others" aria-label="Other publishers">
          {visit.publishers
            .filter(({ tenant_id }) => tenant_id !== visit.tenant_id)
            .map(({ tenant_id, name }) => (
              <li>
                <a href={`/console/${tenant_id}`}>{name}</a>
              </li>
            ))}
        </ul>
      )}
      <span>
        {visit.person.name} · {visit.role}
      </span>
      <a href="/console/account">Your password</a>
      <form method="post" action="/console/sign-out">
        <button class="quiet">Sign out</button>
      </form>
    </div>
  )
}

/** A page without navigation: signing in, and what is told to people who are nobody here yet. */
export function Bare({ title, children }: Frame) {
  return (
    <>
      {raw('<!doctype html>')}
      <html lang="en">
        <Head title={title} />
        <body class="bare">
          <main id="main">
            <p class="brand">Salesdesk</p>
            {children}
          </main>
        </body>
      </html>
    </>
  )
}
