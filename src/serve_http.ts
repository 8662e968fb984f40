import type { Server } from 'node:http'
import type { Config } from './config.ts'
import { publicUrlOf } from './from_config.ts'
import type { Desk } from './mcp/call_tool.ts'
import { createHttpServer, type Mounts } from './mcp/http.ts'
import type { Readiness } from './monitoring/readiness.ts'

/** The desk on HTTP; resolves when it listens. @throws the socket's own error, for example EADDRINUSE. */
export async function serveHttp(
  desk: Desk & { mounts?: Mounts },
  config: Config,
  readiness?: Readiness,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const publicHost = config.PUBLIC_URL === undefined ? [] : [new URL(config.PUBLIC_URL).hostname]
  const publicOrigin = config.PUBLIC_URL === undefined ? [] : [new URL(config.PUBLIC_URL).origin]
  const host = config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST
  const everywhere = ['0.0.0.0', '[::]'].includes(host)
  const { server, close } = createHttpServer(desk, {
    allowed: {
      hosts: [...(everywhere ? [] : [host]), ...publicHost, ...config.ALLOWED_HOSTS],
      origins: [...publicOrigin, ...config.ALLOWED_ORIGINS],
    },
    maxBodyBytes: 4 * 1024 * 1024,
    sseIdleMs: config.SSE_IDLE_SECONDS * 1000,
    publicUrl: publicUrlOf(config),
    requestSigning: config.REQUEST_SIGNING,
    mounts: desk.mounts ?? {},
    readiness,
  })
  const port = await listen(server, config)
  for (const mount of Object.values(desk.mounts ?? {})) mount.start?.()
  return { url: publicUrlOf(config) ?? `http://${host}:${port}`, port, close }
}

/** Resolves to the port when it listens. @throws the socket's own error */
export function listen(server: Server, { HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(PORT, HOST, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : PORT)
    })
  })
}
