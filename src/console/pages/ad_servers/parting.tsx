import type { AdServerKind } from '../../../ad_server_kinds.ts'
import type { AdServer } from '../../../queries/ad_servers.ts'
import { may } from '../../../rights.ts'
import type { Visit } from '../../desk.ts'
import { Confirm } from '../../parts/confirm.tsx'

interface PartingProps {
  one: AdServer
  kind: AdServerKind
  visit: Visit
  here: string
}

/** The key, and the ways to sell no more over a connection. */
export function Parting({ one, kind, visit, here }: PartingProps) {
  if (!may(visit.role, 'manage')) return null
  const used = one.connected_at !== null
  return (
    <>
      {kind.secret && may(visit.role, 'administer') && (
        <>
          <h2>Key</h2>
          <p>It is never shown. To change it, or the address it is sent to, give it anew.</p>
          <p>
            <a class="button" href={`${here}/key`}>
              Change the key
            </a>
          </p>
        </>
      )}
      {used && (
        <>
          <h2>Sell no more over it</h2>
          {one.withdrawn_at === null ? (
            <Confirm action={`${here}/withdraw`} verb="Withdraw">
              <p>
                Buyers are no longer offered what is sold over it. Orders that stand there are placed, changed
                and looked after as before. You can offer it again at any time.
              </p>
            </Confirm>
          ) : (
            <form method="post" action={`${here}/offer`}>
              <button>Offer it again</button>
            </form>
          )}
        </>
      )}
      {used && may(visit.role, 'administer') && (
        <>
          <h2>Disconnect</h2>
          <p>
            Only while no order stands there. Its key is forgotten; what was sold over it stays in the books.
          </p>
          <Confirm action={`${here}/disconnect`} verb="Disconnect">
            <p>This cannot be undone: to come back, it is connected anew.</p>
          </Confirm>
        </>
      )}
    </>
  )
}
