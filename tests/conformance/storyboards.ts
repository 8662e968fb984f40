import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { resolveStoryboardsForCapabilities } from '@adcp/sdk/testing'
import { connectBuyer } from '../support/desk.ts'
import type { ConformanceDesk } from './desk.ts'
import type { Outcome } from './outcome.ts'

/** What this desk says it is in get_adcp_capabilities, and is examined for. */
const capabilities = {
  supported_protocols: ['media_buy'],
  specialisms: ['sales-guaranteed', 'sales-non-guaranteed', 'sales-proposal-mode'],
}
/** Its vectors go to /mcp-strict, where signatures are demanded; at /mcp a bearer token is enough, as the sales storyboards need. */
const gradedElsewhere = 'signed_requests'
/** It waits for a webhook to be tried again, so it begins first. */
const slowest = 'webhook_emission'
const LANES = 3

const video = { creative_id: 'video_30s_trail_pro', fixture: { format_id: { id: 'video_30s' } } }
const display = {
  creative_id: 'display_trail_pro_300x250',
  fixture: { format_id: { id: 'display_300x250' } },
}
/** Creatives that storyboards put on packages without having brought them. */
const presumed: Record<string, object[]> = {
  media_buy_seller: [video],
  sales_guaranteed: [video],
  sales_non_guaranteed: [video, display],
}

export interface Task {
  url: string
  token: string
  storyboard: string
}

/** Every storyboard of AdCP's compliance suite that applies to this desk, each as a buyer of its own. */
export async function runStoryboards(desk: ConformanceDesk, only: readonly string[]): Promise<Outcome[]> {
  const ids = resolveStoryboardsForCapabilities(capabilities)
    .storyboards.map(({ id }) => id)
    .filter((id) => id !== gradedElsewhere && (only.length === 0 || only.includes(id)))
    .sort((a, b) => Number(b === slowest) - Number(a === slowest))
  const outcomes: Outcome[] = []
  await Promise.all(Array.from({ length: Math.min(LANES, ids.length) }, () => lane(desk, ids, outcomes)))
  return outcomes
}

async function bring({ url, token }: Task, creatives: object[]) {
  if (creatives.length === 0) return
  const buyer = await connectBuyer(url, token)
  for (const params of creatives)
    await buyer.call('comply_test_controller', { scenario: 'seed_creative', params })
  await buyer.client.close()
}

/** One process that takes storyboards until none is left: the SDK shares connections within a process and closes them all at once. */
async function lane(desk: ConformanceDesk, ids: string[], outcomes: Outcome[]) {
  const runner = fork(fileURLToPath(new URL('./storyboard_runner.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  })
  const ended = once(runner, 'exit').then(([code]): never => {
    throw new Error(`the storyboard runner ended with ${String(code)}`)
  })
  ended.catch(() => {})
  try {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
      const task: Task = { url: `${desk.url}/mcp`, token: await desk.freshToken(id), storyboard: id }
      await bring(task, presumed[id] ?? [])
      runner.send(task)
      const [found] = (await Promise.race([once(runner, 'message'), ended])) as [Outcome[]]
      outcomes.push(...found)
    }
  } finally {
    runner.kill()
  }
}
