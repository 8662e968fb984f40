import type { Insertable } from 'kysely'
import { sumMoney } from '../../adcp/money.ts'
import { withoutSecrets } from '../../adcp/request_hash.ts'
import { creativeDeadline } from '../../commands/media_buy_terms/flight.ts'
import { compiledWrite } from '../../db/compiled.ts'
import type { Db, Trx } from '../../db/database.ts'
import type { DB } from '../../db/schema.ts'
import type { Account } from '../../queries/own_account.ts'
import type { ToolContext } from '../define-tool.ts'
import type { Agreed } from './agree.ts'
import { invoiceColumns } from './invoice.ts'
import type { Request } from './request.ts'

/** Writes the row of a purchase: as accepted, until its packages tell where it begins, or waiting for a person. */
export async function insertBuy(
  trx: Trx,
  { principal, now, webhooks }: ToolContext<Db>,
  request: Request,
  { account_id }: Account,
  { flight, packages, currency, people }: Agreed,
  media_buy_id: string,
): Promise<void> {
  await insertRow(trx, {
    media_buy_id,
    account_id,
    status: people > 0 ? 'pending_approval' : 'pending_creatives',
    ...invoiceColumns(request.invoice_recipient, media_buy_id, webhooks?.seal),
    tenant_id: principal.tenant_id,
    principal_id: principal.principal_id,
    brand: JSON.stringify(request.brand),
    currency,
    total_budget: sumMoney(packages.map(({ budget }) => budget)),
    start_time: flight.start,
    end_time: flight.end,
    po_number: request.po_number ?? null,
    proposal_id: request.proposal_id ?? null,
    agency_estimate_number: request.agency_estimate_number ?? null,
    advertiser_industry: request.advertiser_industry ?? null,
    confirmed_at: people > 0 ? null : now,
    creative_deadline: creativeDeadline(flight, now),
    request: JSON.stringify(withoutSecrets(request)),
    created_at: now,
    updated_at: now,
  })
}

const insertRow = compiledWrite((db, row: Insertable<DB['media_buys']>) =>
  db.insertInto('media_buys').values(row),
)
