import { AdapterError, type Call } from '../../adapter.ts'
import type { OrderBody } from '../plan.ts'
import type { Network } from './network.ts'

/**
 * The company an order is for: that of the buyer or the connection, or else the one named after the brand. Where the publisher lets
 * us, a brand without one gets it; the order then waits for the next run, as a run makes one thing.
 * @throws AdapterError('needs_human') when only the publisher can say who it is.
 */
export async function findAdvertiser(
  { client, references }: Network,
  { id, name, create }: OrderBody['advertiser'],
  call: Call,
): Promise<{ state: 'known' | 'just_created'; id: string }> {
  const known = await references.advertiser(id ?? name, call)
  if (known !== undefined) return { state: 'known', id: known }
  if (id !== null)
    throw missing(
      'advertiser_unknown',
      `advertiser_id ${id} is no advertiser of this network: correct it in platform_mappings or in the connection's settings, then try again.`,
    )
  if (!create)
    throw missing(
      'advertiser_missing',
      `advertiser_id is missing: give ${name} its advertiser on this ad server, or the connection a default, then try again.`,
    )
  const company = await client.createCompany({ name, type: 'ADVERTISER' }, call)
  return { state: 'just_created', id: company.id }
}

function missing(code: string, message: string): AdapterError {
  return new AdapterError('needs_human', code, message)
}
