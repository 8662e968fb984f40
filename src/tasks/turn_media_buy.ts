import { turnMediaBuy } from '../commands/turn_media_buy.ts'
import { defineTask } from './define-task.ts'

/** Moves one media buy at the moment its flight begins or ends, if nobody has by then. */
export const turnOneMediaBuy = defineTask({
  name: 'turn_media_buy',
  async run({ media_buy_id }, { db, clock, log }) {
    const moves = await turnMediaBuy(db, media_buy_id, clock())
    if (moves.length > 0) log.info({ media_buy_id, moves }, 'media buy moved on')
  },
})
