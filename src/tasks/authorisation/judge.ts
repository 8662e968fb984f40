import type { VerificationState } from '../../db/schema.ts'
import type { Declaration, DeclaredAgent, DeclaredProperty } from './adagents.ts'
import { canonicalUrl } from '../../adcp/agent_url.ts'

/** A property as the publisher file tells of it. */
export interface OwnProperty {
  property_id: string
  identifiers: readonly { type: string; value: string }[]
}
interface Question {
  publisher_domain: string
  /** The URLs by which this agent may be named. */
  agentUrls: readonly string[]
  properties: readonly OwnProperty[]
  revoked: boolean
  now: Date
}
export interface Verdict {
  verification: VerificationState
  detail: string
  /** property_id → its state */
  properties: Record<string, VerificationState>
}

/** What a domain's file says of us and of each property: verified, refused, or nothing at all (a mere catalogue). */
export function judge(file: Declaration, question: Question): Verdict {
  const { publisher_domain, agentUrls, properties, now } = question
  const ours = new Set(agentUrls.map(canonicalUrl))
  const sellers = file.authorized_agents.filter(
    ({ authorization_type }) => !authorization_type.startsWith('signal_'),
  )
  const naming = sellers.filter(({ url }) => ours.has(canonicalUrl(url)))
  if (question.revoked) return all(properties, 'refused', 'its file has revoked the domain')
  if (sellers.length === 0) return all(properties, 'unverified', 'its file names no sales agent')
  if (naming.length === 0) return all(properties, 'refused', 'its file does not name this agent')
  const valid = naming.filter((agent) => inForce(agent, now))
  if (valid.length === 0)
    return all(properties, 'refused', 'its file names this agent, but not for the present time')
  const listed = (file.properties ?? []).filter(
    (one) => (one.publisher_domain ?? publisher_domain) === publisher_domain,
  )
  const covered = properties.filter((own) =>
    valid.some((agent) => covers(agent, own, listed, publisher_domain)),
  )
  const missing = properties.filter((own) => !covered.includes(own)).map(({ property_id }) => property_id)
  if (covered.length === 0)
    return all(properties, 'refused', `its file names this agent, but for none of ${missing.join(', ')}`)
  return {
    verification: 'verified',
    detail: missing.length > 0 ? `its file does not name this agent for ${missing.join(', ')}` : '',
    properties: {
      ...all(properties, 'refused', '').properties,
      ...all(covered, 'verified', '').properties,
    },
  }
}

/** The same of a domain and all its properties. */
export function all(
  properties: readonly OwnProperty[],
  verification: VerificationState,
  detail: string,
): Verdict {
  const each = properties.map(({ property_id }) => [property_id, verification] as const)
  return { verification, detail, properties: Object.fromEntries(each) }
}

function inForce({ effective_from, effective_until }: DeclaredAgent, now: Date): boolean {
  const began = effective_from === undefined || Date.parse(effective_from) <= now.getTime()
  return began && (effective_until === undefined || now.getTime() < Date.parse(effective_until))
}

function covers(agent: DeclaredAgent, own: OwnProperty, listed: DeclaredProperty[], domain: string): boolean {
  const meant = listed.filter((one) => isSame(one, own))
  const withId = (ids: readonly string[]) =>
    meant.some(({ property_id }) => property_id !== undefined && ids.includes(property_id))
  const withTag = (tags: readonly string[]) => meant.some((one) => one.tags.some((tag) => tags.includes(tag)))
  switch (agent.authorization_type) {
    case 'property_ids':
      return withId(agent.property_ids)
    case 'property_tags':
      return withTag(agent.property_tags)
    case 'inline_properties':
      return agent.properties.some((one) => (one.publisher_domain ?? domain) === domain && isSame(one, own))
    case 'publisher_properties':
      return agent.publisher_properties.some((selector) => {
        const domains = 'publisher_domains' in selector ? selector.publisher_domains : undefined
        if (!(domains ?? [selector.publisher_domain]).includes(domain)) return false
        if (selector.selection_type === 'by_id')
          return listed.length > 0
            ? withId(selector.property_ids)
            : selector.property_ids.includes(own.property_id)
        if (selector.selection_type === 'by_tag') return withTag(selector.property_tags)
        return listed.length === 0 || meant.length > 0
      })
    case 'signal_ids':
    case 'signal_tags':
      return false
  }
}

/** By its id; where the file gives none, by anything both are known by. */
function isSame(declared: DeclaredProperty, own: OwnProperty): boolean {
  if (declared.property_id !== undefined) return declared.property_id === own.property_id
  return declared.identifiers.some((one) =>
    own.identifiers.some(({ type, value }) => type === one.type && value === one.value),
  )
}
