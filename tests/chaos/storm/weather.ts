import { setTimeout as pause } from 'node:timers/promises'
import { letThrough, type Answer, type Passage } from '../../support/gate.ts'
import type { AdServer } from '../ad_servers/ad_server.ts'
import type { Keeper } from '../desk.ts'
import type { Random } from '../random.ts'

/** The ad servers' moods: while it storms, a call in so many meets something. */
export interface Weather {
  keeper: Keeper
  /** How often each thing has happened. */
  injected: Map<string, number>
  /** Resolves when so many more calls have come, or after some seconds without so many. */
  calls(count: number): Promise<void>
  calm(): void
}
const LONGEST_LULL_MS = 6000

type Harm = (passage: Passage, server: AdServer) => Promise<void>

/** Brands whose orders no ad server takes. */
export const REFUSED_BRAND = 'refused'

const page = (status: number, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/html', ...headers },
  body: Buffer.from('<html><body>Not now</body></html>'),
})

const harms: Record<string, Harm> = {
  'cut before': async (passage) => passage.cut(),
  'cut after': async (passage) => {
    await passage.forward()
    passage.cut()
  },
  '503': (passage) => passage.deliver(page(503)),
  '429': (passage) => passage.deliver(page(429, { 'retry-after': '1' })),
  truncated: async (passage) => {
    const answer = await passage.forward()
    const body = answer.body.subarray(0, Math.floor(answer.body.byteLength * 0.7))
    await passage.deliver({ ...answer, body })
  },
}

/** Bad weather of this strength, from 0 to 1. */
export function brewUp(random: Random, strength: number): Weather {
  let storming = true
  let calls = 0
  const injected = new Map<string, number>()
  const keeper: Keeper = async (server, passage) => {
    calls++
    if (isRefused(server, passage)) return passage.deliver(refusal)
    if (!storming || !random.chance(strength)) return letThrough(passage)
    const moods = { ...harms, ...server.moods }
    const name = random.pick(Object.keys(moods))
    injected.set(name, (injected.get(name) ?? 0) + 1)
    await moods[name]?.(passage, server)
  }
  return {
    keeper,
    injected,
    async calls(count) {
      const enough = calls + count
      for (const end = Date.now() + LONGEST_LULL_MS; calls < enough && Date.now() < end;) await pause(50)
    },
    calm: () => void (storming = false),
  }
}

const isRefused = ({ connection_id }: AdServer, { method, path, body }: Passage) =>
  connection_id === 'adcp' && method === 'POST' && path === '/v1/orders' && body.includes(REFUSED_BRAND)

const refusal: Answer = {
  status: 422,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ code: 'advertiser_blocked', message: 'We do not sell to this brand.' })),
}
