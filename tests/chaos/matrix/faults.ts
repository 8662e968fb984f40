import type { Passage } from '../../support/gate.ts'
import { killAtWork, type AtWork } from '../workers.ts'
import type { Lane } from './lane.ts'

/** One order disturbed once: who is at work on it, and what comes of a death. */
export interface Disturbance {
  lane: Lane
  at: AtWork
  /** Resolves when the worker makes its next call, which goes nowhere. */
  nextCall: Promise<void>
  /** Hears how long the dead worker's job waited until somebody else had taken it. */
  onTakeover: (ms: Promise<number>) => void
}
export type Fault = (passage: Passage, disturbance: Disturbance) => Promise<void>

/** The worker dies before anything has left for the ad server. */
const crashBeforeSend: Fault = async (_passage, disturbance) => kill(disturbance)

/** The ad server does it, and nobody hears of it. */
const lostAnswer: Fault = async (passage) => {
  await passage.forward()
  passage.cut()
}

/** The worker has the answer and dies before it can write it down: its session is silent from the moment the answer leaves. */
const crashAfterAnswer: Fault = async (passage, disturbance) => {
  const answer = await passage.forward()
  const { worker, port } = disturbance.at
  const wouldWrite = worker.proxy.silence(port)
  await passage.deliver(answer)
  await Promise.race([wouldWrite, disturbance.nextCall])
  await kill(disturbance)
}

/** The worker dies while the ad server is doing it. */
const killedDuringCall: Fault = async (passage, disturbance) => {
  await Promise.all([passage.forward(), kill(disturbance)])
}

export const faults = {
  'crash before send': crashBeforeSend,
  'lost answer': lostAnswer,
  'crash after answer': crashAfterAnswer,
  'SIGKILL during the call': killedDuringCall,
} satisfies Record<string, Fault>
export type FaultName = keyof typeof faults
export const faultNames = Object.keys(faults) as FaultName[]

async function kill({ lane, at, onTakeover }: Disturbance): Promise<void> {
  lane.workers.splice(lane.workers.indexOf(at.worker), 1)
  const { takeover } = await killAtWork(lane.db, at)
  onTakeover(takeover)
}
