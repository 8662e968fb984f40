import type { Problem } from '../../adcp/error.ts'
import type { AccountBilling, AccountStatus } from '../../db/schema.ts'
import type { Principal } from '../define-tool.ts'
import type { Declared } from './request.ts'

interface Existing {
  status: AccountStatus
  billing: AccountBilling
  payment_terms: string | null
}
interface Policy {
  opens: boolean
  sandbox: boolean
}

/** What an entry asks for that this desk cannot keep, whatever the account. */
export function settingProblem(item: Declared, { sandbox }: Principal, field: string): Problem | undefined {
  if (item.sandbox !== undefined && item.sandbox !== sandbox)
    return {
      code: 'PERMISSION_DENIED',
      message: sandbox ? 'This token has sandbox accounts only.' : 'This token has no sandbox accounts.',
      field: `${field}.sandbox`,
      suggestion: 'Leave sandbox out, or use a token of the other kind.',
    }
  if (item.billing_entity)
    return unsupported(
      'Details of who pays are not kept here.',
      `${field}.billing_entity`,
      'Leave them out and have a person give them to the publisher.',
    )
  if (item.notification_configs?.length)
    return unsupported(
      'Accounts have no webhooks here.',
      `${field}.notification_configs`,
      'Leave it out and look with list_accounts.',
    )
  return undefined
}

/** Terms are taken as asked or refused, never changed on the way. */
export function termsProblem(
  item: Declared,
  account: Existing | undefined,
  policy: Policy,
  field: string,
): Problem | undefined {
  const billing = account?.billing ?? 'operator'
  if (item.billing !== billing)
    return {
      code: 'BILLING_NOT_SUPPORTED',
      message: `This account can only be billed to the ${billing}.`,
      field: `${field}.billing`,
      suggestion: `Declare it with billing "${billing}", or ask the publisher.`,
    }
  const terms = account?.payment_terms ?? null
  if (policy.sandbox || item.payment_terms === undefined || item.payment_terms === terms) return undefined
  const undecided = account ? account.status === 'pending_approval' : !policy.opens
  if (terms === null && undecided) return undefined
  return {
    code: 'PAYMENT_TERMS_NOT_SUPPORTED',
    message: terms === null ? 'Payment terms are not agreed here.' : `This account has ${terms}.`,
    field: `${field}.payment_terms`,
    suggestion: 'Leave payment_terms out to take the publisher’s own, or have a person ask the publisher.',
  }
}

/** What is taken note of and has no effect. */
export function warningsFor(item: Declared, { sandbox }: Principal): string[] {
  return [
    ...(sandbox && item.payment_terms ? ['Sandbox accounts bill nobody: payment_terms are not kept.'] : []),
    ...(item.preferred_reporting_protocol ? ['Reports are not delivered offline.'] : []),
  ]
}

const unsupported = (message: string, field: string, suggestion: string): Problem => ({
  code: 'UNSUPPORTED_FEATURE',
  message,
  field,
  suggestion,
})
