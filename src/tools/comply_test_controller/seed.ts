import canonicalize from 'canonicalize'
import type { z } from 'zod'
import { asSaid } from '../../adcp/own_ids.ts'
import { jsonb, type Trx } from '../../db/database.ts'
import type { Output } from '../define-tool.ts'
import { invalidParams, scenario, type Sandbox, type Scenario } from './scenario.ts'

type Fixture = Record<string, unknown>
interface Seed<P extends z.ZodObject> {
  kind: string
  params: P
  idOf(params: z.infer<P>): string
  insert(trx: Trx, params: z.infer<P>, sandbox: Sandbox): Promise<void>
}

/**
 * A scenario that brings something into being, once: the same again changes nothing, something else under the same id is
 * refused. The principal's row is locked, so that two equal seeds at once follow each other.
 */
export function seed<P extends z.ZodObject>({ kind, params, idOf, insert }: Seed<P>): Scenario {
  return scenario(params, async (trx, request, sandbox) => {
    const { principal_id } = sandbox.principal
    const id = asSaid(principal_id, idOf(request))
    const fixture = (request as { fixture?: Fixture }).fixture ?? {}
    await trx
      .selectFrom('principals')
      .select('principal_id')
      .where('principal_id', '=', principal_id)
      .forNoKeyUpdate()
      .execute()
    const before = await trx
      .selectFrom('sandbox_seeds')
      .select('fixture')
      .where('principal_id', '=', principal_id)
      .where('kind', '=', kind)
      .where('id', '=', id)
      .executeTakeFirst()
    if (before) return again(before.fixture as Fixture, fixture)
    await insert(trx, request, sandbox)
    await trx
      .insertInto('sandbox_seeds')
      .values({ principal_id, kind, id, fixture: jsonb(fixture), seeded_at: sandbox.now })
      .execute()
    return { message: 'Seeded.' }
  })
}

function again(before: Fixture, fixture: Fixture): Output {
  const names = [...new Set([...Object.keys(before), ...Object.keys(fixture)])]
  const other = names.filter((name) => canonicalize([before[name]]) !== canonicalize([fixture[name]]))
  if (other.length > 0)
    throw invalidParams(
      `Something else is seeded under this id; other are: ${other.map((name) => name.slice(0, 64)).join(', ')}. Choose another id.`,
    )
  return { previous_state: 'existing', current_state: 'existing', message: 'Seeded before, just so.' }
}
