import { sql } from 'kysely'
import type { Db } from '../../../src/db/database.ts'
import { eventually } from '../../support/eventually.ts'
import { letThrough } from '../../support/gate.ts'
import type { AdServer } from '../ad_servers/ad_server.ts'
import type { Keeper } from '../desk.ts'
import { reconcile, type Wrong } from '../reconcile.ts'
import { workerAtWork } from '../workers.ts'
import { faults, type FaultName } from './faults.ts'
import type { Lane } from './lane.ts'
import type { Scenario } from './scenarios.ts'

/** A call of a scenario: what is asked, and the how manieth of its kind it is. */
export interface Position {
  operation: string
  nth: number
}
export interface Trial {
  scenario: Scenario
  position: Position
  fault: FaultName
  /** The call is made only by a worker that has done nothing yet. */
  cold: boolean
}
export interface Outcome {
  trial: Trial
  /** False: the call never came, so nothing was disturbed. */
  injected: boolean
  wrong: Wrong[]
  /** From the fault until everything stood as it should. */
  recovery_ms: number
  /** From the death of the worker until another had its job. */
  takeover_ms: number | undefined
}

const DEADLINE_MS = 60_000
const LOOK_EVERY_MS = 50

/** Carries out a scenario in peace and gives the calls it made. */
export async function record(lane: Lane, scenario: Scenario, server: AdServer): Promise<Position[]> {
  const positions: Position[] = []
  const mediaBuyId = (await scenario.before?.(lane)) ?? ''
  if (mediaBuyId) await atRest(lane.db, mediaBuyId)
  lane.keep(async (at, passage) => {
    // a worker may have other errands there
    if (!(await workerAtWork(lane.db, lane.workers))) return letThrough(passage)
    const operation = at.operation(passage)
    const nth = 1 + positions.filter((one) => one.operation === operation).length
    if (at === server) positions.push({ operation, nth })
    return letThrough(passage)
  })
  await carryOut(lane, scenario, mediaBuyId)
  lane.keep()
  return positions
}

/** Carries out a scenario, disturbs one call of it, and sees what has come of it in the end. */
export async function tryOut(lane: Lane, trial: Trial, servers: readonly AdServer[]): Promise<Outcome> {
  const { scenario } = trial
  await lane.man(2, trial.cold)
  let mediaBuyId = (await scenario.before?.(lane)) ?? ''
  if (mediaBuyId) await atRest(lane.db, mediaBuyId)
  const disturbed = disturb(lane, trial)
  const wrong: Wrong[] = []
  try {
    mediaBuyId = await carryOut(lane, scenario, mediaBuyId, disturbed.rested)
  } catch (error) {
    wrong.push({ kind: 'stuck', media_buy_id: mediaBuyId, what: (error as Error).message })
  }
  lane.keep()
  wrong.push(...(await reconcile(lane.db, servers, [mediaBuyId])))
  const takeover_ms = await disturbed.takeover()?.catch(() => DEADLINE_MS)
  return { trial, injected: disturbed.injected(), wrong, recovery_ms: disturbed.recovery(), takeover_ms }
}

/** Sets the trap: the one call of this trial suffers its fault, every other passes. */
function disturb(lane: Lane, { scenario, position, fault }: Trial) {
  let seen = 0
  let at: number | undefined
  let restedAt: number | undefined
  let takeover: Promise<number> | undefined
  let onNextCall = (): boolean => false
  const keeper: Keeper = async (server, passage) => {
    if (onNextCall()) return
    const meant = server.connection_id === scenario.connection_id
    if (
      !meant ||
      at !== undefined ||
      server.operation(passage) !== position.operation ||
      ++seen !== position.nth
    )
      return letThrough(passage)
    const atWork = await workerAtWork(lane.db, lane.workers)
    if (!atWork) throw new Error('a call that nobody is at work on')
    at = Date.now()
    const nextCall = new Promise<void>((resolve) => {
      onNextCall = () => {
        resolve()
        return fault === 'crash after answer' && takeover === undefined
      }
    })
    const onTakeover = (ms: Promise<number>) => void (takeover = ms)
    await faults[fault](passage, { lane, at: atWork, nextCall, onTakeover })
  }
  lane.keep(keeper)
  return {
    injected: () => at !== undefined,
    rested: () => void (restedAt ??= at && Date.now()),
    recovery: () => (restedAt ?? Date.now()) - (at ?? Date.now()),
    takeover: () => takeover,
  }
}

async function carryOut(
  lane: Lane,
  { acts }: Scenario,
  mediaBuyId: string,
  onRest = () => {},
): Promise<string> {
  let id = mediaBuyId
  for (const act of acts) {
    id = await act(lane, id)
    await atRest(lane.db, id)
    onRest()
  }
  return id
}

/** Waits until there is nothing to be done for a media buy and no job that would do it. */
async function atRest(db: Db, mediaBuyId: string): Promise<void> {
  await eventually(
    `${mediaBuyId} comes to rest`,
    async () => {
      const { rows } = await sql<{ busy: boolean }>`
        select bool_or(f.state in ('placing', 'waiting', 'changing') or f.desired_revision > f.planned_revision
          or exists (select from graphile_worker._private_jobs j where j.payload ->> 'fulfilment_id' = f.fulfilment_id)) as busy
        from fulfilments f where f.media_buy_id = ${mediaBuyId}`.execute(db)
      return rows[0]?.busy === false
    },
    DEADLINE_MS,
    LOOK_EVERY_MS,
  )
}
