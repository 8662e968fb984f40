import type { Problem } from '../../adcp/error.ts'
import type { Refusal } from '../http_answer.ts'

/** Whose access tokens are taken beside the desk's own, and what they must say (OAuth 2.1 resource server; MCP 2025-11-25, authorization). */
export interface ResourceServer {
  /** The authorization server, exactly as its tokens name it. */
  issuer: string
  /** Where agents reach the desk, without a slash at the end; what its tokens are for is named by it. */
  url: string
  /** What every token must have been granted, if anything. */
  scope: string | undefined
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** What a token for this desk may name as its audience (RFC 8707): the MCP address, or the whole server. */
export const audiencesOf = ({ url }: ResourceServer): string[] => [`${url}/mcp`, url, `${url}/`]

/** The metadata served at a path (RFC 9728), each naming the resource it was asked for; undefined where there is none. */
export function metadataAt(path: string, server: ResourceServer): Record<string, unknown> | undefined {
  const resources = new Map([
    [`${WELL_KNOWN}/mcp`, `${server.url}/mcp`],
    [WELL_KNOWN, server.url],
  ])
  const resource = resources.get(path)
  if (resource === undefined) return undefined
  return {
    resource,
    authorization_servers: [server.issuer],
    bearer_methods_supported: ['header'],
    resource_name: 'Salesdesk',
    ...(server.scope !== undefined && { scopes_supported: [server.scope] }),
  }
}

/** What `WWW-Authenticate` says besides: where an agent learns who gives tokens, and what to ask for (RFC 9728 §5.1). */
export function challengeOf({ url, scope }: ResourceServer): string {
  const wanted = scope === undefined ? '' : `, scope="${scope}"`
  return `resource_metadata="${url}${WELL_KNOWN}/mcp"${wanted}`
}

/** A token that is valid and not enough: what it lacks can be asked for (RFC 6750 §3.1). */
export function forbidden(server: ResourceServer, problem: Problem): Refusal {
  const challenge = `Bearer realm="salesdesk", error="insufficient_scope", ${challengeOf(server)}`
  return { status: 403, rpc: 'refused', problem, headers: { 'www-authenticate': challenge } }
}
