import { AdapterError, type AdServerAdapter } from '../../../src/adapters/adapter.ts'
import type { aBuyerOf } from './buyer.ts'
import type { Move } from './moves.ts'

/** A worker's process ends without another word. */
export class Death extends Error {
  override name = 'Death'
}

/** Lets moves happen, in order, to whoever calls an ad server through `through`. */
export function openScript(moves: readonly Move[], buyer: ReturnType<typeof aBuyerOf>) {
  const left = [...moves]

  const take = (is: (move: Move) => boolean): Move | undefined => {
    const [move] = left
    return move !== undefined && is(move) ? left.shift() : undefined
  }
  /** Everything the buyer does now, before anything else happens. False when there was nothing. */
  const letBuyerAct = async (): Promise<boolean> => {
    for (let acted = false; ; acted = true) {
      const move = take((one) => typeof one === 'object' || one === 'the buyer cancels')
      if (move === 'the buyer cancels') await buyer.cancels()
      else if (typeof move !== 'object') return acted
      else if ('the_buyer_asks' in move) await buyer.asks(move.the_buyer_asks)
      else await buyer.renews(move.the_buyer_renews_creative)
    }
  }
  const isFate = (move: Move) => typeof move === 'string' && move.startsWith('the call')

  /** One write, as the next move has it. */
  const write = async <T>(send: () => Promise<T>, anotherWorker: () => Promise<void>): Promise<T> => {
    const fate = take(isFate)
    if (fate === 'the call is turned away')
      throw new AdapterError('transient', 'busy', 'The ad server is busy')
    if (fate === 'the call is refused')
      throw new AdapterError('permanent', 'refused', 'The ad server refuses this')
    if (fate === 'the call is never sent, the worker dies') throw new Death()
    if (fate === 'the call is slow to arrive, and meanwhile') await letBuyerAct()
    if (fate === 'the call is tried by another worker too') await anotherWorker()
    const answer = await send()
    if (fate === 'the call is carried out, the worker dies') throw new Death()
    if (fate === 'the call loses its answer')
      throw new AdapterError('ambiguous', 'no_answer', 'The answer was lost')
    if (fate === 'the call is slow to be answered, and meanwhile') await letBuyerAct()
    return answer
  }
  return {
    /** The ad server as a worker meets it. Opening it is what a worker does between any two calls. */
    async through(adapter: AdServerAdapter, anotherWorker: () => Promise<void>): Promise<AdServerAdapter> {
      await letBuyerAct()
      if (take((move) => move === 'the worker dies between two calls')) throw new Death()
      if (take((move) => move === 'the connection is wrong until a person puts it right'))
        throw new AdapterError('config', 'wrong_secret', 'The secret of this connection is wrong')
      return {
        ...adapter,
        executeStep: (...args) => write(() => adapter.executeStep(...args), anotherWorker),
      }
    },
    letBuyerAct,
    /** Forgets the next move, which waits for a call nobody makes. False when there is none. */
    skip: () => left.shift() !== undefined,
  }
}
