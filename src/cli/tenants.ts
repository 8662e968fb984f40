import type { Command } from 'commander'
import { closeTenant } from '../commands/tenants/close_tenant.ts'
import { endMediaBuy } from '../commands/tenants/end_media_buy.ts'
import { reopenTenant } from '../commands/tenants/reopen_tenant.ts'
import { retireTenant } from '../commands/tenants/retire_tenant.ts'
import { selectRunningBuys } from '../commands/tenants/running_buys.ts'
import type { Db } from '../db/database.ts'
import { selectPublishers, type Publisher } from '../queries/publishers.ts'
import { operator, say, withDb } from './environment.ts'
import { chooseTenant, TenantError } from './tenant.ts'

interface Options {
  endBuys?: string
  by: string
}

export function registerTenants(program: Command): void {
  const tenants = program
    .command('tenants')
    .description('List the publishers of this desk; retire one that leaves, or open it again.')
    .action(() => withDb(list))
  tenants
    .command('retire')
    .description(
      'Let nobody in to a publisher any more and part it from its ad servers. Its books stay. Run it again where orders have to be settled first.',
    )
    .argument('<tenant>', 'which publisher')
    .option('--end-buys <reason>', 'take back what still runs and decline what waits; the buyers read this')
    .option('--by <name>', 'who decides', operator())
    .action((id: string, options: Options) => withDb((db) => retire(db, id, options)))
  tenants
    .command('reopen')
    .description('Open a retired publisher again, with the buyers and ad servers it had.')
    .argument('<tenant>', 'which publisher')
    .option('--by <name>', 'who decides', operator())
    .action((id: string, options: Options) => withDb((db) => reopen(db, id, options)))
}

async function retire(db: Db, id: string, { endBuys, by: name }: Options) {
  const tenant_id = await chooseTenant(db, id)
  const by = { kind: 'operator', name } as const
  const closed = await closeTenant(db, {
    tenant_id,
    while_buys_run: endBuys !== undefined,
    by,
    now: new Date(),
  })
  if (closed.type === 'buys_run')
    throw new TenantError(
      `${closed.running} media buys of ${tenant_id} are not over, the last ends on ${day(closed.last_end)}. Wait for them, or end them with ` +
        `--end-buys "<why; the buyers read it>". Nothing was changed.`,
    )
  if (closed.type === 'closed') say(`${tenant_id} is closed: nobody buys there or signs in any more.`)
  if (endBuys !== undefined) await endBuysOf(db, tenant_id, endBuys, name)
  const outcome = await retireTenant(db, { tenant_id, by, now: new Date() })
  if (outcome === 'orders_stand') throw new TenantError(await unsettled(db, tenant_id))
  if (outcome === 'was_retired') return say(`${tenant_id} was retired before.`)
  say(`${tenant_id} is retired. Its books stay; salesdesk tenants reopen ${tenant_id} opens it again.`)
}

async function endBuysOf(db: Db, tenant_id: string, reason: string, by: string) {
  const buys = await selectRunningBuys(db, tenant_id).execute()
  let ended = 0
  for (const { media_buy_id } of buys) {
    const why = await endMediaBuy(db, { tenant_id, media_buy_id, reason, by, now: new Date() })
    if (why === undefined) ended += 1
    else say(`${media_buy_id} could not be ended: ${why}`)
  }
  if (buys.length > 0) say(`${ended} of ${buys.length} media buys ended; their buyers are told.`)
}

async function unsettled(db: Db, tenant_id: string): Promise<string> {
  const publisher = await selectPublishers(db).where('t.tenant_id', '=', tenant_id).executeTakeFirstOrThrow()
  return (
    `${tenant_id} is closed, but not retired yet: ${standing(publisher)}. Workers settle orders with the ad servers; ` +
    `salesdesk steps --tenant ${tenant_id} lists those that need a person. Then run this again.`
  )
}

async function reopen(db: Db, id: string, { by: name }: Options) {
  const tenant_id = await chooseTenant(db, id)
  if (!(await reopenTenant(db, { tenant_id, by: { kind: 'operator', name } })))
    return say(`${tenant_id} is open.`)
  say(
    `${tenant_id} is open again. Its buyers need new tokens (salesdesk token), its ad servers their secrets (salesdesk secret set), and Slack is to be connected anew.`,
  )
}

async function list(db: Db) {
  const publishers = await selectPublishers(db).orderBy('t.tenant_id').execute()
  if (publishers.length === 0) return say('There is no publisher yet: run salesdesk seed first.')
  for (const one of publishers) say(`${one.tenant_id}  ${one.name}  ${stateOf(one)}`)
}

function stateOf(publisher: Publisher): string {
  const { closed_at, retired_at } = publisher
  if (retired_at) return `retired on ${day(retired_at)}`
  return `${closed_at ? `closed on ${day(closed_at)}` : 'open'}, ${standing(publisher)}`
}

const standing = ({ running, unsettled }: Publisher) =>
  `${running} media buys are not over, ${unsettled} orders not settled`
const day = (at: Date) => at.toISOString().slice(0, 10)
