import { type Problem, unknown } from './publisher_file_error.ts'
import type { Tenant } from './tenant_schema.ts'
import { writtenIds } from './written_items.ts'

/** The approval policy names currencies the publisher sells in, and buyers it knows. */
export function checkPolicy(file: unknown, tenant: Tenant | undefined): Problem[] {
  if (!tenant?.approval_policy) return []
  const at = ['tenant', 'approval_policy']
  const { limits, trusted_principals } = tenant.approval_policy
  const principals = writtenIds(file, 'principals', 'principal_id')
  return [
    ...limits.flatMap(({ currency }, i) =>
      tenant.currencies.includes(currency)
        ? []
        : [unknown([...at, 'limits', i, 'currency'], currency, 'tenant.currencies')],
    ),
    ...trusted_principals.flatMap((id, i) =>
      principals.has(id) ? [] : [unknown([...at, 'trusted_principals', i], id, 'principals')],
    ),
  ]
}
