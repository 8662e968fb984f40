import { setTimeout as pause } from 'node:timers/promises'
import { connectBuyer, type Args, type TestBuyer, type ToolAnswer } from '../../support/desk.ts'
import type { Random } from '../random.ts'

const PATIENCE_MS = 300_000

/** A buying agent over real MCP clients: whenever a call comes to nothing, it calls again with the same idempotency_key. */
export interface Agent {
  /** What the desk answers in the end. @throws Error when it has not for too long */
  call(tool: string, args: Args): Promise<ToolAnswer>
  /** How often it had to call again. */
  readonly retries: number
  close(): Promise<void>
}

export function openAgent(urls: readonly string[], token: string, random: Random): Agent {
  let client: TestBuyer | undefined
  let retries = 0
  const hangUp = async () => {
    await client?.client.close().catch(() => {})
    client = undefined
  }
  const attempt = async (tool: string, args: Args): Promise<ToolAnswer | undefined> => {
    try {
      client ??= await connectBuyer(`${random.pick(urls)}/mcp`, token)
      const answer = await client.call(tool, args)
      return answer.body.adcp_error?.recovery === 'transient' ? undefined : answer
    } catch (error) {
      if ((error as Error).message.includes('AdCP does not allow')) throw error
      await hangUp()
      return undefined
    }
  }
  return {
    async call(tool, args) {
      for (const end = Date.now() + PATIENCE_MS; Date.now() < end; retries++) {
        const answer = await attempt(tool, args)
        if (answer) return answer
        await pause(200 + random.below(800))
      }
      throw new Error(`${tool} was not answered for ${PATIENCE_MS / 1000} s`)
    },
    get retries() {
      return retries
    },
    close: hangUp,
  }
}
