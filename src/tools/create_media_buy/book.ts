import type { Insertable } from 'kysely'
import { createdMediaBuy } from '../../adcp/media_buy_answers.ts'
import { sumMoney } from '../../adcp/money.ts'
import { withoutSecrets } from '../../adcp/request_hash.ts'
import { addPackages } from '../../commands/media_buy_terms/add_packages.ts'
import { creativeDeadline } from '../../commands/media_buy_terms/flight.ts'
import { announce } from '../../commands/announce.ts'
import { byWhen, openApproval } from '../../commands/open_approval.ts'
import { placeMediaBuy } from '../../commands/place_media_buy.ts'
import { closeProposal } from '../../commands/proposals/open_proposal.ts'
import { recordAudit, recordEvent } from '../../commands/record.ts'
import type { Account } from '../../queries/own_account.ts'
import { whereItBegins } from '../../commands/start_ready_media_buys.ts'
import { compiledWrite } from '../../db/compiled.ts'
import type { Db, Trx } from '../../db/database.ts'
import type { DB } from '../../db/schema.ts'
import { newId } from '../../ids.ts'
import { readMediaBuy } from '../../queries/media_buys.ts'
import type { Output, ToolContext } from '../define-tool.ts'
import type { Agreed } from './agree.ts'
import { invoiceColumns } from './invoice.ts'
import type { Request } from './request.ts'
import { subscribe, subscribeToReports, webhookNote } from './subscribe.ts'

/**
 * Writes what was agreed and everything that follows from it: rows, reservations, history, and either the fulfilment jobs or
 * the approval somebody must give. Returns the answer for the buyer.
 */
export async function book(
  trx: Trx,
  ctx: ToolContext<Db>,
  request: Request,
  account: Account,
  agreed: Agreed,
  task_id: string = newId('task'),
): Promise<Output> {
  const { principal, version } = ctx
  const { tenant_id } = principal
  const actor = { kind: 'buyer', name: principal.name } as const
  const media_buy_id = newId('mb')
  await insertBuy(trx, {
    ...buyRow(ctx, request, agreed, media_buy_id),
    account_id: account.account_id,
    status: agreed.people > 0 ? 'pending_approval' : 'pending_creatives',
  })
  const buy = { ...principal, media_buy_id }
  if (request.proposal_id !== undefined)
    await closeProposal(trx, principal, request.proposal_id, media_buy_id)
  await addPackages(trx, buy, agreed.packages, agreed.creatives, 0, ctx.now)
  const status = agreed.people > 0 ? 'pending_approval' : await accept(trx, media_buy_id)
  await recordEvent(trx, actor, {
    tenant_id,
    media_buy_id,
    action: 'created',
    revision: 1,
    to_status: status,
  })
  await recordAudit(trx, actor, {
    tenant_id,
    action: 'create_media_buy',
    subject_kind: 'media_buy',
    subject_id: media_buy_id,
  })

  await subscribe(trx, ctx, request, media_buy_id, task_id)
  const reported = await subscribeToReports(trx, ctx, request, media_buy_id)
  const asked = Boolean(request.push_notification_config ?? request.reporting_webhook)
  const note = noteOf([webhookNote(asked, ctx, reported), bidNote(agreed)])
  if (agreed.people > 0)
    return { ...(await askForApproval(trx, ctx, request, agreed, { media_buy_id, task_id })), ...note }
  await placeMediaBuy(trx, { tenant_id, media_buy_id, revision: 1 })
  await announce(trx, { tenant_id, media_buy_id, now: ctx.now })
  const row = await readMediaBuy(trx, principal, media_buy_id)
  return { ...createdMediaBuy(row, version), ...note }
}

/** Where a buy nobody needs to agree to begins, now that its packages and creatives are there. */
async function accept(trx: Trx, media_buy_id: string) {
  const [buy] = await updateStatus(trx, { media_buy_id })
  if (!buy) throw new Error(`${media_buy_id} is not there`)
  return buy.status
}

const updateStatus = compiledWrite((db, { media_buy_id }: { media_buy_id: string }) =>
  db
    .updateTable('media_buys as buy')
    .set({ status: whereItBegins })
    .where('buy.media_buy_id', '=', media_buy_id)
    .returning('buy.status'),
)

const insertBuy = compiledWrite((db, row: Insertable<DB['media_buys']>) =>
  db.insertInto('media_buys').values(row),
)

function buyRow(
  { principal, now, webhooks }: ToolContext<Db>,
  request: Request,
  { flight, packages, currency, people }: Agreed,
  media_buy_id: string,
) {
  return {
    media_buy_id,
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
  }
}

async function askForApproval(
  trx: Trx,
  { principal, version, now }: ToolContext<Db>,
  request: Request,
  agreed: Agreed,
  { media_buy_id, task_id }: { media_buy_id: string; task_id: string },
): Promise<Output> {
  const names = [...new Set(agreed.packages.map(({ offer }) => offer.name))].join(', ')
  const { deadline } = await openApproval(trx, {
    tenant_id: principal.tenant_id,
    media_buy_id,
    task_id,
    task_type: 'create_media_buy',
    title: `${principal.name} wants to buy ${names} for ${request.brand.domain}${doubt(agreed)}`,
    version,
    context: request.context,
    people: agreed.people,
    begins: request.start_time === 'asap' ? null : agreed.flight.start,
    sandbox: principal.sandbox,
    now,
  })
  return {
    status: 'submitted',
    task_id,
    message: `A person at the publisher must approve this purchase.${byWhen(deadline)} Follow task_id with tasks_get.`,
  }
}

/** What the person who decides should look up first. */
function doubt({ unsure }: Agreed): string {
  return unsure.length > 0 ? `; how much is left of ${[...new Set(unsure)].join(', ')} is not known` : ''
}

function noteOf(notes: (string | undefined)[]): Output {
  const message = notes.filter(Boolean).join(' ')
  return message ? { message } : {}
}

/** A buyer that bids below a fixed price must not think it pays its bid. */
function bidNote({ packages }: Agreed): string | undefined {
  const ignored = packages.filter(({ request, price }) => price.fixed_price !== null && request.bid_price)
  if (ignored.length === 0) return undefined
  return `bid_price of ${ignored.map(({ field }) => field).join(', ')} is not used: the price is fixed.`
}
