import { compiled } from '../db/compiled.ts'
import type { ReadDb, Trx } from '../db/database.ts'
import type { AccountStatus } from '../db/schema.ts'
import { statusForMember, type Nature } from './accounts.ts'

export interface Account {
  account_id: string
  name: string
  status: AccountStatus
  sandbox: boolean
  credit_limit: string | null
  credit_currency: string | null
  /** Legal names that may be invoiced instead; null: a person decides. */
  invoice_recipients: string[] | null
}
interface Member {
  tenant_id: string
  principal_id: string
}

/** The account of this id, if it is one of this buyer's. */
export async function readOwnAccount(
  db: ReadDb | Trx,
  { tenant_id, principal_id }: Member,
  account_id: string,
): Promise<Account | undefined> {
  const [account] = await selectById(db, { tenant_id, principal_id, account_id })
  return account
}

/** The account of this brand and operator, not in the sandbox, that this buyer uses already: what nearly all purchases are for. */
export async function readKnownAccount(
  db: ReadDb | Trx,
  { tenant_id, principal_id }: Member,
  { brand_domain, brand_id, operator }: Nature,
): Promise<Account | undefined> {
  const nature = { brand_domain, brand_id, operator }
  const [account] = await selectKnown(db, { tenant_id, principal_id, nature })
  return account
}

const selectById = compiled((db, asked: Member & { account_id: string }) =>
  selectOwn(db, asked).where('account.account_id', '=', asked.account_id),
)

const selectKnown = compiled((db, { nature, ...member }: Member & { nature: Nature }) =>
  selectOwn(db, member)
    .where('account.sandbox_of', 'is', null)
    .where('account.sandbox', '=', false)
    .where((eb) =>
      eb.and({
        'account.brand_domain': nature.brand_domain,
        'account.brand_id': nature.brand_id,
        'account.operator': nature.operator,
      }),
    ),
)

function selectOwn(db: ReadDb, { tenant_id, principal_id }: Member) {
  return db
    .selectFrom('accounts as account')
    .innerJoin('account_principals as member', 'member.account_id', 'account.account_id')
    .select([
      'account.account_id',
      'name',
      statusForMember.as('status'),
      'sandbox',
      'credit_limit',
      'credit_currency',
      'invoice_recipients',
    ])
    .where('account.tenant_id', '=', tenant_id)
    .where('member.principal_id', '=', principal_id)
}
