import type { Format } from './format_schema.ts'
import type { FormatRef } from './product_schema.ts'

/** The one format a product's reference means; undefined when none or several fit. `own` is the tenant's agent_url. */
export function findFormat(formats: readonly Format[], ref: FormatRef, own: string): Format | undefined {
  const wanted = 'agent_url' in ref ? ref.agent_url : undefined
  const fitting = formats.filter(
    (format) => format.format_id === ref.id && (!wanted || agentOf(format, own) === wanted),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

/** The agent that defines a format: the publisher itself unless the file says otherwise. */
export function agentOf(format: Format, own: string): string {
  return format.agent_url ?? own
}
