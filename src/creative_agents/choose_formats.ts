import type { z } from 'zod'
import { canonicalUrl } from '../adcp/agent_url.ts'
import { AgentFormat } from './format_schema.ts'

/** A format that is not taken, and why. */
export interface LeftOut {
  format: string
  why: string
}
export interface Chosen {
  formats: AgentFormat[]
  left_out: LeftOut[]
}

/**
 * Which of the formats an agent lists can be taken: those it defines itself, as AdCP writes a format, each once. Whose format is
 * another agent's is that agent's to tell.
 */
export function chooseFormats(listed: readonly unknown[], agent_url: string): Chosen {
  const chosen = new Map<string, AgentFormat>()
  const left_out: LeftOut[] = []
  for (const [index, one] of listed.entries()) {
    const { data, error } = AgentFormat.safeParse(one)
    const why = data ? problemOf(data, agent_url, chosen) : wordsOf(error)
    if (data && why === undefined) chosen.set(data.format_id.id, data)
    else left_out.push({ format: nameOf(one) ?? `number ${index + 1}`, why: why ?? '' })
  }
  return { formats: [...chosen.values()], left_out }
}

function problemOf({ format_id }: AgentFormat, agent_url: string, known: ReadonlyMap<string, unknown>) {
  if (canonicalUrl(format_id.agent_url) !== canonicalUrl(agent_url))
    return `belongs to ${format_id.agent_url}, not to ${agent_url}`
  return known.has(format_id.id) ? 'is listed twice' : undefined
}

function wordsOf(error: z.ZodError): string {
  const [issue] = error.issues
  return issue ? `${issue.path.map(String).join('.')}: ${issue.message}`.slice(0, 300) : 'is no format'
}

/** What it calls itself, if that can be shown. */
function nameOf(one: unknown): string | undefined {
  const id = (one as { format_id?: { id?: unknown } } | null)?.format_id?.id
  return typeof id === 'string' && /^[\w.-]{1,100}$/.test(id) ? id : undefined
}
