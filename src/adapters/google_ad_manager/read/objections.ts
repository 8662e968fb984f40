import type { Call, Objection } from '../../adapter.ts'
import type { Client } from '../client.ts'
import { boundList } from '../statement.ts'

/** A pause that Google may end by itself, so nothing a buyer could put right (CreativePolicyViolation). */
const PASSING = 'TEMPORARY_PAUSE_FOR_VENDOR_INVESTIGATION'

/** What Google's review finds wrong with a creative, for people; undefined where it finds nothing that lasts. */
export function objectionTo({ policyLabels }: { policyLabels: readonly string[] }): string | undefined {
  const labels = policyLabels.filter((label) => label !== PASSING)
  return labels.length === 0 ? undefined : `Google’s review objects to it: ${labels.join(', ')}`
}

/** Which of these creatives Google's review objects to by now. */
export async function readObjections(
  client: Client,
  creativeIds: readonly string[],
  call: Call,
): Promise<Objection[]> {
  if (creativeIds.length === 0) return []
  const { names, bound } = boundList('creative', creativeIds.map(BigInt))
  const creatives = await client.findCreatives(`id IN (${names})`, bound, call)
  return creatives.flatMap((creative) => {
    const reason = objectionTo(creative)
    return reason === undefined ? [] : [{ creative: creative.id, reason }]
  })
}
