import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { World } from '../../chaos/world.ts'

/** An ad server that takes every request and never answers; tells when the first byte of one came. */
export async function startHanging(world: World) {
  const arrived: number[] = []
  const server = await world.begin(
    () =>
      new Promise<ReturnType<typeof createServer>>((resolve) => {
        const one = createServer(() => arrived.push(performance.timeOrigin + performance.now()))
        one.listen(0, '127.0.0.1', () => resolve(one))
      }),
    (one) => {
      one.closeAllConnections()
      return new Promise((resolve) => one.close(resolve))
    },
  )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** When requests came in, in milliseconds since 1970. */
    arrived,
    /** Hangs up on whoever still waits. */
    hangUp: () => server.closeAllConnections(),
  }
}
