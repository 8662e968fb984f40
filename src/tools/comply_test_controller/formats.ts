import type { Trx } from '../../db/database.ts'
import { ownId } from '../../adcp/own_ids.ts'
import { isAcceptedFrom } from '../../queries/creatives.ts'
import type { Principal } from '../define-tool.ts'
import { invalidParams } from './scenario.ts'

interface Named {
  agent_url?: string | undefined
  id: string
}

/** The format a fixture means; the publisher's first one where it names none. @throws ControllerError INVALID_PARAMS */
export async function requireFormat(trx: Trx, principal: Principal, named: string | Named | undefined) {
  const ref: Named | undefined = typeof named === 'string' ? { id: named } : named
  const format = await trx
    .selectFrom('creative_formats')
    .select(['agent_url', 'format_id', 'name'])
    .where('tenant_id', '=', principal.tenant_id)
    .where('archived_at', 'is', null)
    .where(isAcceptedFrom(principal))
    .$if(ref !== undefined, (q) =>
      q.where('format_id', 'in', [ref?.id ?? '', ownId(principal.principal_id, ref?.id ?? '')]),
    )
    .$if(ref?.agent_url !== undefined, (q) => q.where('agent_url', '=', ref?.agent_url ?? ''))
    .orderBy('sandbox_of', (order) => order.asc().nullsLast())
    .orderBy('creative_agent_id', (order) => order.asc().nullsFirst())
    .orderBy('position')
    .limit(1)
    .executeTakeFirst()
  if (!format)
    throw invalidParams('format_id: there is no such format here. Seed it first with seed_creative_format.')
  return format
}
