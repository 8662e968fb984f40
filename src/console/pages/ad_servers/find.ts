import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { AdServerKind } from '../../../ad_server_kinds.ts'
import type { By } from '../../../commands/ad_servers/connection.ts'
import { selectAdServers, type AdServer } from '../../../queries/ad_servers.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'

/** The connection an address names; undefined where the publisher has none of that id. */
export function findAdServer(c: Context<VisitEnv>, desk: ConsoleDesk): Promise<AdServer | undefined> {
  return selectAdServers(desk.readDb, c.get('visit').tenant_id)
    .where('c.connection_id', '=', connectionOf(c))
    .executeTakeFirst()
}

export const connectionOf = (c: Context<VisitEnv>): string => c.req.param('connection_id') ?? ''

/** Who asks for something to be done with the connection an address names. */
export function byVisitor(c: Context<VisitEnv>): By {
  const { tenant_id, person, now } = c.get('visit')
  const { name: by, user_id } = person
  return { tenant_id, connection_id: connectionOf(c), by, user_id, now }
}

/** What its kind asks of people. @throws HTTPException for a kind this version does not know */
export function kindOf({ adServerKinds }: ConsoleDesk, kind: string): AdServerKind {
  const found = adServerKinds.find((one) => one.kind === kind)
  if (found) return found
  throw new HTTPException(404, { message: `There is no ad server of kind ${kind}.` })
}
