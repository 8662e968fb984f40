import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

export interface TcpProxy {
  /** The same address, through the proxy. */
  url: string
  /** Connections that came in since the start. */
  connections(): number
  /** Breaks every connection and refuses new ones, like a server that is gone. */
  cut(): Promise<void>
  /** Cuts as soon as this many more chunks have come from the client: somewhere in the middle of what it is doing. */
  cutAfterMessages(count: number): void
  /** Keeps every connection and accepts new ones, and lets no byte through, like a server that hangs. */
  hang(): void
  /** Lets everything through again. What hung stays lost when `lose` is set: those connections never say another byte. */
  restore(options?: { lose?: boolean }): Promise<void>
  /**
   * Lets nothing more of what the client says through on the connection that the server sees coming from this port, and resolves
   * when it has said something. Undefined: no connection of this proxy comes from there.
   */
  silence(port: number): Promise<void> | undefined
  /** New connections lead there from now on. */
  aim(target: string): void
  close(): Promise<void>
}
interface Pair {
  near: Socket
  far: Socket
}

/** A TCP proxy in front of a database, which a test can cut or hang. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  let { hostname, port } = new URL(target)
  const pairs = new Set<Pair>()
  let hanging = false
  let count = 0
  let left = Infinity
  const accept = (near: Socket) => {
    count++
    const far = connect(Number(port), hostname)
    const pair = { near, far }
    pairs.add(pair)
    const end = () => {
      near.destroy()
      far.destroy()
      pairs.delete(pair)
    }
    for (const socket of [near, far]) socket.on('error', end).on('close', end)
    near.on('data', () => {
      if (--left === 0) void cut()
    })
    if (hanging) part(pair)
    else join(pair)
  }
  let server = createServer(accept)
  const listen = (on: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(on, '127.0.0.1', resolve)
    })
  await listen(0)
  const own = (server.address() as AddressInfo).port
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(own)
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const { near } of [...pairs]) near.destroy()
    })
  return {
    url: url.href,
    connections: () => count,
    cut,
    cutAfterMessages(messages) {
      left = messages
    },
    hang() {
      hanging = true
      for (const pair of pairs) part(pair)
    },
    async restore({ lose = false } = {}) {
      left = Infinity
      if (hanging && !lose) for (const pair of pairs) join(pair)
      hanging = false
      if (server.listening) return
      server = createServer(accept)
      await listen(own)
    },
    silence(from) {
      const pair = [...pairs].find(({ far }) => far.localPort === from)
      if (!pair) return undefined
      const { near, far } = pair
      near.unpipe(far).resume()
      return new Promise((resolve) => near.once('data', () => resolve()))
    },
    aim(to) {
      ;({ hostname, port } = new URL(to))
    },
    close: () => (server.listening ? cut() : Promise.resolve()),
  }
}

function join({ near, far }: Pair) {
  near.pipe(far)
  far.pipe(near)
}

function part({ near, far }: Pair) {
  near.unpipe(far).pause()
  far.unpipe(near).pause()
}
