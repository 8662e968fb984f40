import { createHash } from 'node:crypto'
import type { App } from '@slack/bolt'
import { finishDelivery, takeDelivery } from '../commands/slack/delivery.ts'
import type { SlackDesk } from './desk.ts'
import { sayThatItFailed, type Refused } from './refuse.ts'

/**
 * What Slack or a proxy delivers twice is acknowledged twice and done once. Slack gives every event an `event_id` and everything a
 * person does a `trigger_id`, the same however often it is sent (docs.slack.dev, Events API, retries).
 */
export function onceOnly(app: App, { db, clock, only }: SlackDesk): void {
  app.use(async ({ body, next, ...more }) => {
    const name = nameOf(body as unknown as Delivered)
    if (name === undefined) return next()
    const delivery = createHash('sha256')
      .update(`${only ?? ''} ${name}`)
      .digest()
    const taken = await takeDelivery(db, delivery, clock()).catch(async (error: unknown) => {
      await sayThatItFailed({ body, ...more } as unknown as Refused)
      throw error
    })
    if (taken) {
      await next()
      return finishDelivery(db, delivery, clock())
    }
    await (more as { ack?: () => Promise<void> }).ack?.()
  })
}

interface Delivered {
  event_id?: string
  trigger_id?: string
}
const nameOf = ({ event_id, trigger_id }: Delivered) => event_id ?? trigger_id
