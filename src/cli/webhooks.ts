import type { Command } from 'commander'
import { replayWebhook } from '../commands/replay_webhook.ts'
import type { Db } from '../db/database.ts'
import { selectDeadWebhooks } from '../queries/webhooks.ts'
import { operator, say, withDb } from './environment.ts'

/** Nothing was tried again; the message says why and what to do. */
export class WebhookError extends Error {
  override name = 'WebhookError'
}

export function registerWebhooks(program: Command): void {
  program
    .command('webhooks')
    .description('List the webhooks no buyer took, or try one of them again for another day.')
    .option('--replay <id>', 'try this one again, with the same id and bytes')
    .action(({ replay }: { replay?: string }) =>
      withDb((db) => (replay === undefined ? list(db) : again(db, replay))),
    )
}

async function list(db: Db) {
  const dead = await selectDeadWebhooks(db).execute()
  if (dead.length === 0) return say('No webhook is dead.')
  for (const { webhook_event_id, media_buy_id, url, attempts, last_result, created_at } of dead)
    say(
      `${webhook_event_id}  ${media_buy_id} to ${new URL(url).host}, of ${created_at.toISOString()}: ${attempts} attempts, the last: ${last_result ?? 'none was made in time'}`,
    )
}

async function again(db: Db, id: string) {
  const actor = { kind: 'operator', name: operator() } as const
  if (!(await replayWebhook(db, { id, actor, now: new Date() })))
    throw new WebhookError(
      `No dead webhook has the id ${id}. Run salesdesk webhooks without --replay to see those there are.`,
    )
  say(`${id} is tried again now, and for a day if need be. A worker must be running.`)
}
