import type { BusinessEntity } from '../../adcp/business_entity.ts'
import type { Problem } from '../../adcp/error.ts'
import type { Account } from '../../queries/own_account.ts'
import type { Seal } from '../../seal.ts'
import { about } from '../../sealed_columns.ts'

/** Why another company cannot be invoiced for this buy: the account's terms say who may be, and a bank needs a place under seal. */
export function invoiceProblems(
  recipient: BusinessEntity | undefined,
  { invoice_recipients: allowed }: Account,
  seal: Seal | undefined,
): Problem[] {
  if (!recipient) return []
  const problems: Problem[] = []
  if (allowed && !allowed.includes(recipient.legal_name))
    problems.push({
      code: 'BILLING_NOT_SUPPORTED',
      message: 'This company cannot be invoiced for this account.',
      field: 'invoice_recipient',
      suggestion: 'Leave invoice_recipient out, or ask the publisher to allow it.',
      details: { scope: 'account' },
    })
  if (recipient.bank && !seal)
    problems.push({
      code: 'UNSUPPORTED_FEATURE',
      message: 'This desk has no safe place for bank details.',
      field: 'invoice_recipient.bank',
      suggestion: 'Leave bank out and tell the publisher another way.',
    })
  return problems
}

/** A person decides where the publisher has not said who may be invoiced for the account. */
export const invoiceNeedsPerson = (
  recipient: BusinessEntity | undefined,
  { invoice_recipients: allowed }: Account,
): boolean => recipient !== undefined && allowed === null

/** The columns of a buy that keep its invoice recipient, as text; the bank under seal. */
export function invoiceColumns(
  recipient: BusinessEntity | undefined,
  media_buy_id: string,
  seal: Seal | undefined,
) {
  if (!recipient) return {}
  const { bank, ...rest } = recipient
  return {
    invoice_recipient: JSON.stringify(rest),
    invoice_bank_sealed:
      bank && seal ? seal.close(JSON.stringify(bank), about('invoice_bank_sealed', media_buy_id)) : null,
  }
}
