import type { Withheld } from '../../../queries/withheld.ts'
import { may } from '../../../rights.ts'
import type { Visit } from '../../desk.ts'

/** That buyers are not offered a product although it is on sale, why, and who can do what about it. */
export function WithheldNote({ withheld, visit }: { withheld: Withheld | undefined; visit: Visit }) {
  if (!withheld) return null
  const { ad_server, domains } = withheld
  const open = domains.filter(({ refused }) => !refused)
  return (
    <div class="warning">
      <p>Buyers are not offered it now:</p>
      <ul>
        {ad_server && (
          <li>
            <a href={`${visit.base}/ad_servers/${ad_server.connection_id}`}>{ad_server.name}</a> takes no new
            orders. Offer it there again, or sell this on another ad server.
          </li>
        )}
        {domains.map(({ publisher_domain, refused, detail }) => (
          <li>
            {publisher_domain}{' '}
            {refused ? 'does not let this desk sell it' : 'has not confirmed that this desk may sell it'}
            {detail !== '' && ` (${detail})`}.
          </li>
        ))}
      </ul>
      {domains.length > 0 && (
        <p>
          Whoever runs {domains.length === 1 ? 'that site' : 'those sites'} names this desk in{' '}
          <code>/.well-known/adagents.json</code>; <code>salesdesk doctor</code> prints the entry.
          {open.length > 0 && <Settings visit={visit} />}
        </p>
      )}
    </div>
  )
}

/** Where a publisher may sell what nobody has confirmed. */
function Settings({ visit: { base, role } }: { visit: Visit }) {
  const settings = <a href={`${base}/settings`}>Settings</a>
  return may(role, 'administer') ? (
    <> Or sell what is not confirmed yet: {settings}, Selling.</>
  ) : (
    <> Or an admin lets you sell what is not confirmed yet: {settings}, Selling.</>
  )
}
