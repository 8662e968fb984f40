import type { IncomingMessage } from 'node:http'
import type { Refusal } from './http_answer.ts'

export interface AllowedNames {
  /** Host names (without port) this server answers to. */
  hosts: readonly string[]
  /** Web origins that may call it from a browser. Programs send none and are always let in. */
  origins: readonly string[]
}

/** Why a request may not come in, if it may not. */
export type FrontDoor = (request: IncomingMessage) => Refusal | undefined

const local = ['localhost', '127.0.0.1', '[::1]']

/** Turns away what a browser could be tricked into sending (DNS rebinding; MCP 2025-11-25 transports: Origin MUST be checked). */
export function createFrontDoor({ hosts, origins }: AllowedNames): FrontDoor {
  // operators write names as they like; browsers send them in lower case and origins without a final slash
  const allowed = {
    hosts: hosts.map(hostOf),
    origins: origins.map((origin) => origin.toLowerCase().replace(/\/$/, '')),
  }
  return (request) => check(request, allowed)
}

function check(request: IncomingMessage, allowed: AllowedNames): Refusal | undefined {
  const host = hostOf(request.headers.host ?? '')
  if (!local.includes(host) && !allowed.hosts.includes(host))
    return forbidden(
      `This server does not answer to the host "${host.slice(0, 100)}".`,
      'Its operator can add the name to ALLOWED_HOSTS.',
    )
  const { origin } = request.headers
  if (origin !== undefined && !isLocal(origin) && !allowed.origins.includes(origin))
    return forbidden(
      'This web origin may not call the server.',
      'Its operator can add the origin to ALLOWED_ORIGINS.',
    )
  return undefined
}

const hostOf = (host: string) => host.replace(/:\d+$/, '').toLowerCase()

function isLocal(origin: string): boolean {
  return URL.canParse(origin) && local.includes(new URL(origin).hostname)
}

function forbidden(message: string, suggestion: string): Refusal {
  return { status: 403, rpc: 'refused', problem: { code: 'PERMISSION_DENIED', message, suggestion } }
}
