import { letThrough, startGate, type Answer, type Passage } from './gate.ts'

/** What befalls one request: whether it reaches the server behind, and what its sender gets to hear. */
export interface Fault {
  forward: boolean
  answer:
    | 'silence'
    | 'reset'
    | 'half, then silence'
    | 'half, then reset'
    | { status: number; headers?: Record<string, string>; body?: string }
}
export const faults = {
  lostAnswer: { forward: true, answer: 'reset' },
  reset: { forward: false, answer: 'reset' },
  silence: { forward: false, answer: 'silence' },
  halfAnswer: { forward: true, answer: 'half, then reset' },
  stalledAnswer: { forward: true, answer: 'half, then silence' },
  garbage: { forward: true, answer: { status: 200, body: '<html>' } },
  unavailable: { forward: false, answer: { status: 503 } },
  tooMany: { forward: false, answer: { status: 429, headers: { 'retry-after': '5' } } },
} satisfies Record<string, Fault>

export interface FaultProxy {
  url: string
  /** The next request of that method, and of an address with this in it, suffers this. Called again, the one after it does. */
  next(fault: Fault, method?: 'GET' | 'POST' | 'PUT' | 'DELETE', address?: string): void
  /** How many requests came. */
  requests(): number
  /** Drops what no request has suffered yet. */
  forget(): void
  close(): Promise<void>
}

/** An HTTP proxy in front of `target` that does harm when told to and is transparent otherwise. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let requests = 0
  const waiting: { fault: Fault; method: string; address: string }[] = []
  const gate = await startGate(target, async (passage) => {
    requests++
    const index = waiting.findIndex(
      ({ method, address }) => method === passage.method && passage.path.includes(address),
    )
    const fault = index < 0 ? undefined : waiting.splice(index, 1)[0]?.fault
    if (!fault) return letThrough(passage)
    await suffer(fault, passage, fault.forward ? await passage.forward() : nothing)
  })
  return {
    ...gate,
    requests: () => requests,
    next: (fault, method = 'POST', address = '') => void waiting.push({ fault, method, address }),
    forget: () => void waiting.splice(0),
  }
}

const nothing: Answer = { status: 200, headers: {}, body: Buffer.from('{}') }

async function suffer({ answer }: Fault, passage: Passage, theirs: Answer): Promise<void> {
  if (answer === 'silence') return
  if (answer === 'reset') return passage.cut()
  if (answer === 'half, then silence') return passage.deliverHalf(theirs, 'silence')
  if (answer === 'half, then reset') return passage.deliverHalf(theirs, 'reset')
  const { status, headers = {}, body = '{}' } = answer
  await passage.deliver({ status, headers, body: Buffer.from(body) })
}
