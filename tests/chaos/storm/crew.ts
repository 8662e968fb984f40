import { setTimeout as pause } from 'node:timers/promises'
import { salesdesk, type Salesdesk } from '../../support/processes.ts'

export type Role = 'worker' | 'server'
/** Processes that are started again whenever they end, as a process manager does. */
export interface Crew {
  /** Where the servers answer, dead or alive. */
  urls: string[]
  /** Ends one of them by SIGKILL, this or another; false if none was up. */
  kill(role: Role, which: number): boolean
  /** What all of them have said, the dead included. */
  log(): string
  close(): Promise<void>
}
interface Post {
  role: Role
  now: Salesdesk | undefined
  url: string
  kept: Promise<void>
}

/** Resolves when all of them are up for the first time. */
export async function hireCrew(
  env: Record<string, string>,
  { workers, servers }: { workers: number; servers: number },
): Promise<Crew> {
  let closing = false
  const all: Salesdesk[] = []
  const posts: Post[] = []
  const man = async (post: Post): Promise<void> => {
    for (; !closing; await pause(200)) {
      try {
        await begin(post, env, all)
        return
      } catch {
        // PostgreSQL is away, and it ended; or something has killed it already
      }
    }
  }
  const keep = async (post: Post) => {
    for (; !closing; await man(post)) await post.now?.exited
  }
  const hire = async (role: Role) => {
    const post: Post = { role, now: undefined, url: '', kept: Promise.resolve() }
    await man(post)
    post.kept = keep(post)
    posts.push(post)
  }
  await Promise.all([
    ...Array.from({ length: servers }, () => hire('server')),
    ...Array.from({ length: workers }, () => hire('worker')),
  ])
  return {
    urls: posts.filter(({ role }) => role === 'server').map(({ url }) => url),
    kill(role, which) {
      const up = posts.filter((post) => post.role === role && post.now)
      const victim = up[which % Math.max(1, up.length)]?.now
      victim?.kill('SIGKILL')
      return victim !== undefined
    },
    log: () => all.map((one) => one.stderr()).join('\n'),
    async close() {
      closing = true
      for (const { now } of posts) now?.kill('SIGKILL')
      await Promise.all(posts.map(({ kept }) => kept))
    },
  }
}

/** Starts the process of a post; a server at the address it had before. */
async function begin(post: Post, env: Record<string, string>, all: Salesdesk[]): Promise<void> {
  post.now = undefined
  const port = post.url === '' ? '0' : new URL(post.url).port
  const args = post.role === 'worker' ? ['work'] : ['serve']
  const one = salesdesk(args, { ...env, PORT: port, LOG_LEVEL: 'warn' })
  all.push(one)
  const ready = post.role === 'worker' ? /is ready/ : /answers at (http\S+)\/mcp/
  const [, url = ''] = await one.said(ready, 60_000)
  post.url = url
  post.now = one
  void one.exited.then(() => {
    if (post.now === one) post.now = undefined
  })
}
