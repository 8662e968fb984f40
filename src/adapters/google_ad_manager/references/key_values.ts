import { AdapterError, type Call } from '../../adapter.ts'
import type { Client } from '../client.ts'
import type { LookUps } from '../plan.ts'
import { boundList } from '../statement.ts'
import type { Sent } from '../wsdl/canonical.ts'

interface KeyValues {
  keyId: string
  valueIds: string[]
}

/** Key-values by the ids `idsOf` finds for them: all keys must match, any value of one. */
export async function customTargeting(
  { include, exclude }: LookUps['key_values'],
  idsOf: (key: string, values: readonly string[]) => Promise<KeyValues>,
): Promise<Sent | null> {
  const criteria: Sent[] = []
  for (const [operator, list] of [
    ['IS', include],
    ['IS_NOT', exclude],
  ] as const)
    for (const [key, values] of Object.entries(list))
      criteria.push({ xsi_type: 'CustomCriteria', operator, ...(await idsOf(key, values)) })
  if (criteria.length === 0) return null
  const all = { xsi_type: 'CustomCriteriaSet', logicalOperator: 'AND', children: criteria }
  return { logicalOperator: 'OR', children: [all] }
}

/** The ids of a key and its values. @throws AdapterError('config') for one the network does not have. */
export async function findKeyValues(
  client: Client,
  name: string,
  values: readonly string[],
  call: Call,
): Promise<KeyValues> {
  const [key] = await client.findKeys('name = :name', { name }, call)
  if (!key) throw noKeyValue(name)
  const { names, bound } = boundList('value', values)
  const where = `customTargetingKeyId = :key AND name IN (${names})`
  const found = await client.findValues(where, { ...bound, key: BigInt(key.id) }, call)
  const missing = values.find((value) => !found.some((one) => one.name === value))
  if (missing !== undefined) throw noKeyValue(`${name}=${missing}`)
  return { keyId: key.id, valueIds: found.map(({ id }) => id) }
}

// key-values stand in the publisher's own configuration, so it is no fault of the buyer's
function noKeyValue(what: string): AdapterError {
  const message = `The network of this connection has no key-value ${what}, which a product’s ad_server_config names.`
  return new AdapterError('config', 'unknown_key_value', message)
}
