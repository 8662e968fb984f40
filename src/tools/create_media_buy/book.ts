import { createdMediaBuy } from '../../adcp/media_buy_answers.ts'
import { addPackages } from '../../commands/media_buy_terms/add_packages.ts'
import { bringsCreatives } from '../../commands/media_buy_terms/creative_checks.ts'
import { announce } from '../../commands/announce.ts'
import { byWhen, openApproval } from '../../commands/open_approval.ts'
import { placeMediaBuy } from '../../commands/place_media_buy.ts'
import { keepCreatives } from '../../commands/keep_creatives.ts'
import { closeProposal } from '../../commands/proposals/open_proposal.ts'
import { recordAudit, recordEvent } from '../../commands/record.ts'
import type { Account } from '../../queries/own_account.ts'
import { whereItBegins } from '../../commands/start_ready_media_buys.ts'
import { compiledWrite } from '../../db/compiled.ts'
import type { Db, Trx } from '../../db/database.ts'
import type { MediaBuyStatus } from '../../db/schema.ts'
import { newId } from '../../ids.ts'
import { readMediaBuy } from '../../queries/media_buys.ts'
import type { Output, ToolContext } from '../define-tool.ts'
import type { Agreed } from './agree.ts'
import { insertBuy } from './insert_buy.ts'
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
  const media_buy_id = newId('mb')
  await keepCreatives(trx, ctx.principal, agreed.creatives, ctx.now)
  const written = write(trx, ctx, request, account, agreed, { media_buy_id, task_id })
  const asked = Boolean(request.push_notification_config ?? request.reporting_webhook)
  const begins = asWritten(request, agreed)
  // statements are done in the order they are asked for: where nothing has to be read in between, all go in one message
  if (agreed.people > 0 || asked || !begins) await written
  const answered =
    agreed.people > 0
      ? askForApproval(trx, ctx, request, agreed, { media_buy_id, task_id })
      : place(trx, ctx, media_buy_id, begins)
  const [answer, reported] = await Promise.all([answered, written])
  return { ...answer, ...noteOf([webhookNote(asked, ctx, reported), bidNote(agreed)]) }
}

/** The rows of a purchase and who is to be told of it. False if the buyer asked for reports and will get none. */
async function write(
  trx: Trx,
  ctx: ToolContext<Db>,
  request: Request,
  account: Account,
  agreed: Agreed,
  { media_buy_id, task_id }: { media_buy_id: string; task_id: string },
): Promise<boolean> {
  const { principal, now } = ctx
  const buy = { ...principal, media_buy_id }
  const [, , , reported] = await Promise.all([
    insertBuy(trx, ctx, request, account, agreed, media_buy_id),
    addPackages(trx, buy, agreed.packages, 0, now),
    recordPurchase(trx, buy),
    subscribeToReports(trx, ctx, request, media_buy_id),
    subscribe(trx, ctx, request, media_buy_id, task_id),
    request.proposal_id !== undefined && closeProposal(trx, principal, request.proposal_id, media_buy_id),
  ])
  return reported
}

/** Where a purchase begins that brings no creatives and is not to be paused: as its row was written. */
const asWritten = ({ paused }: Request, { packages }: Agreed): MediaBuyStatus | undefined =>
  paused || packages.some(bringsCreatives) ? undefined : 'pending_creatives'

/** What follows at once where nobody needs to agree, for a buy that stands as written or where its creatives say; the answer for the buyer. */
async function place(
  trx: Trx,
  { principal, version, now }: ToolContext<Db>,
  media_buy_id: string,
  written?: MediaBuyStatus,
): Promise<Output> {
  const { tenant_id } = principal
  const begun = async () => {
    const to_status = written ?? (await accept(trx, media_buy_id))
    const [row] = await Promise.all([
      readMediaBuy(trx, principal, media_buy_id),
      recordCreated(trx, { ...principal, media_buy_id }, to_status),
      announce(trx, { tenant_id, media_buy_id, now }),
    ])
    return row
  }
  const [, row] = await Promise.all([placeMediaBuy(trx, { tenant_id, media_buy_id, revision: 1 }), begun()])
  return createdMediaBuy(row, version)
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

interface Bought {
  tenant_id: string
  name: string
  media_buy_id: string
}

const recordCreated = (trx: Trx, { tenant_id, name, media_buy_id }: Bought, to_status: MediaBuyStatus) =>
  recordEvent(trx, buyer(name), { tenant_id, media_buy_id, action: 'created', revision: 1, to_status })

const recordPurchase = (trx: Trx, { tenant_id, name, media_buy_id: subject_id }: Bought) =>
  recordAudit(trx, buyer(name), {
    tenant_id,
    action: 'create_media_buy',
    subject_kind: 'media_buy',
    subject_id,
  })

const buyer = (name: string) => ({ kind: 'buyer', name }) as const

async function askForApproval(
  trx: Trx,
  { principal, version, now }: ToolContext<Db>,
  request: Request,
  agreed: Agreed,
  { media_buy_id, task_id }: { media_buy_id: string; task_id: string },
): Promise<Output> {
  await recordCreated(trx, { ...principal, media_buy_id }, 'pending_approval')
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
