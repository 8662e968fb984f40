import { createHash } from 'node:crypto'
import { AdcpError, type Problem } from '../adcp/error.ts'
import type { AccountRef } from '../adcp/request_schemas.ts'
import type { Trx } from '../db/database.ts'
import type { AccountBilling, AccountStatus } from '../db/schema.ts'
import { isOwnId } from '../adcp/own_ids.ts'
import { newId } from '../ids.ts'
import { isNature, ownership } from '../queries/accounts.ts'
import { readKnownAccount, readOwnAccount, type Account } from '../queries/own_account.ts'

interface Terms {
  status: AccountStatus
  payment_terms: string | null
  billing: AccountBilling
  credit_limit: string | null
  invoice_recipients: string[] | null
  platform_mappings: unknown
}
interface Buyer {
  tenant_id: string
  principal_id: string
  sandbox: boolean
}

/**
 * The account a reference means, if this principal may use it. A brand and operator seen for the first time get one
 * where the tenant allows it. An unknown account and a stranger's look the same.
 * @throws AdcpError ACCOUNT_NOT_FOUND, PERMISSION_DENIED
 */
export async function resolveAccount(trx: Trx, buyer: Buyer, ref: AccountRef): Promise<Account> {
  if (ref.sandbox !== undefined && ref.sandbox !== buyer.sandbox) throw wrongMode(buyer)
  const account = await (ref.account_id === undefined
    ? byBrand(trx, buyer, ref)
    : byGivenId(trx, buyer, ref.account_id))
  if (!account) throw new AdcpError(accountNotFound)
  if (account.sandbox !== buyer.sandbox) throw wrongMode(buyer)
  return account
}

/** What keeps this account from buying, if anything does. */
export function accountProblems({ status }: Account): Problem[] {
  const field = 'account'
  switch (status) {
    case 'active':
      return []
    case 'pending_approval':
      return [
        {
          code: 'ACCOUNT_SETUP_REQUIRED',
          message: 'The publisher has not approved this account yet.',
          field,
          suggestion: 'Try again when it has.',
        },
      ]
    case 'payment_required':
      return [{ code: 'ACCOUNT_PAYMENT_REQUIRED', message: 'This account has payments open.', field }]
    case 'suspended':
      return [{ code: 'ACCOUNT_SUSPENDED', message: 'This account is suspended.', field }]
    case 'rejected':
    case 'closed':
      return [{ code: 'ACCOUNT_NOT_FOUND', message: 'This account is not open.', field }]
  }
}

/** A sandbox buyer may make up an account_id: an account of that id is opened for it alone. */
async function byGivenId(trx: Trx, buyer: Buyer, accountId: string): Promise<Account | undefined> {
  const account = await readOwnAccount(trx, buyer, accountId)
  if (account || !buyer.sandbox || !isOwnId(buyer.principal_id, accountId)) return account
  const brand_id = `account_${createHash('sha256').update(accountId).digest('hex').slice(0, 16)}`
  const nature = { brand_domain: 'sandbox.example', brand_id, operator: 'sandbox.example' }
  await trx
    .insertInto('accounts')
    .values({ ...ownership(buyer), ...nature, account_id: accountId, name: accountId })
    .onConflict((oc) => oc.doNothing())
    .execute()
  await admit(trx, buyer, accountId)
  return readOwnAccount(trx, buyer, accountId)
}

async function byBrand(trx: Trx, buyer: Buyer, ref: AccountRef): Promise<Account | undefined> {
  const { brand, operator } = ref
  if (!brand || operator === undefined) return undefined
  const nature = { brand_domain: brand.domain, brand_id: brand.brand_id ?? '', operator }
  const known = buyer.sandbox ? undefined : await readKnownAccount(trx, buyer, nature)
  if (known) return known
  const find = () =>
    trx
      .selectFrom('accounts')
      .select([...asItStands, 'account_id'])
      .where(isNature(buyer, nature))
      .orderBy('sandbox_of', (order) => order.asc().nullsFirst())
      .executeTakeFirst()
  const tenant = await trx
    .selectFrom('tenants')
    .select('opens_accounts')
    .where('tenant_id', '=', buyer.tenant_id)
    .executeTakeFirstOrThrow()
  // a sandbox bills nobody
  const opens = buyer.sandbox || tenant.opens_accounts
  let account = await find()
  if (account && !(opens && asOpened(account))) return readOwnAccount(trx, buyer, account.account_id)
  if (!opens) return undefined
  if (!account) {
    const name = `${brand.domain} by ${operator}`
    // two first purchases at once: the loser waits here and then reads the winner's row
    await trx
      .insertInto('accounts')
      .values({ ...ownership(buyer), ...nature, account_id: newId('acc'), name })
      .onConflict((oc) => oc.doNothing())
      .execute()
    account = await find()
  }
  if (!account) return undefined
  await admit(trx, buyer, account.account_id)
  return readOwnAccount(trx, buyer, account.account_id)
}

/** What tells whether an account is as the desk opens them. */
export const asItStands = [
  'status',
  'payment_terms',
  'billing',
  'credit_limit',
  'invoice_recipients',
  'platform_mappings',
] as const

/**
 * True for an account that is still as the desk opens them. One the publisher gave terms, credit, an advertiser or another status is
 * only for those it named: a stranger must not spend on it, nor learn how it stands and what people booked for it.
 */
export const asOpened = (account: Terms): boolean =>
  account.payment_terms === null &&
  account.billing === 'operator' &&
  account.credit_limit === null &&
  account.invoice_recipients === null &&
  Object.keys(account.platform_mappings as object).length === 0 &&
  account.status === 'active'

async function admit(trx: Trx, { tenant_id, principal_id }: Buyer, account_id: string) {
  await trx
    .insertInto('account_principals')
    .values({ tenant_id, principal_id, account_id })
    .onConflict((oc) => oc.doNothing())
    .execute()
}

export const accountNotFound = {
  code: 'ACCOUNT_NOT_FOUND',
  message: 'There is no such account for you here.',
  field: 'account',
  suggestion: 'Ask the publisher to open the account for you, or give another brand and operator.',
} as const satisfies Problem

function wrongMode({ sandbox }: Buyer) {
  return new AdcpError({
    code: 'PERMISSION_DENIED',
    message: sandbox
      ? 'This token only buys on sandbox accounts.'
      : 'This token buys for real; sandbox accounts need a sandbox token.',
    field: 'account.sandbox',
    suggestion: sandbox
      ? 'Set account.sandbox to true or leave it out.'
      : 'Leave account.sandbox out, or ask the publisher for a sandbox token.',
  })
}
