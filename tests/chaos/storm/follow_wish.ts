import { setTimeout as pause } from 'node:timers/promises'
import type { Args } from '../../support/desk.ts'
import type { Agent } from './buyers.ts'
import type { Wish } from './wishes.ts'

/** What became of a wish, as far as its buyer was told. */
export interface Bought {
  idempotency_key: string
  /** Undefined: the desk did not sell. */
  media_buy_id: string | undefined
  /** What the desk refused of it, with its reasons. */
  refusals: string[]
  retries: number
}

/** Buys, then changes what was bought, without waiting for any ad server. */
export async function followWish(agent: Agent, { purchase, changes }: Wish): Promise<Bought> {
  const idempotency_key = String(purchase['idempotency_key'])
  const bought = await agent.call('create_media_buy', purchase)
  const refusals: string[] = bought.isError ? [bought.texts.join(' ')] : []
  const media_buy_id = bought.isError ? undefined : String(bought.body['media_buy_id'])
  const packages = (bought.body['packages'] ?? []) as { package_id: string }[]
  for (const [i, { after_ms, change }] of changes.entries()) {
    await pause(after_ms)
    const args: Args = {
      idempotency_key: `${idempotency_key}-change-${i}`,
      account: purchase['account'],
      media_buy_id,
      ...change(packages.map(({ package_id }) => package_id)),
    }
    const { isError, texts } = await agent.call('update_media_buy', args)
    if (isError) refusals.push(texts.join(' '))
  }
  return { idempotency_key, media_buy_id, refusals, retries: agent.retries }
}
