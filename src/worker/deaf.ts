import type pg from 'pg'

/**
 * The same pool for a lane that another one hears for: graphile-worker asks with a callback for the connection it would listen on,
 * and is never called back. PostgreSQL wakes every connection that listens at each notification, whatever its channel.
 */
export function deaf(pool: pg.Pool): pg.Pool {
  const connect = (callback?: unknown) => (callback === undefined ? pool.connect() : undefined)
  return new Proxy(pool, {
    get(target, name) {
      if (name === 'connect') return connect
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
