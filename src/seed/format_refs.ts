import type { FormatRef } from './product_schema.ts'
import type { ShopFormat } from './shop.ts'

/** The one format a product's reference means; undefined when none or several fit. */
export function findFormat(formats: readonly ShopFormat[], ref: FormatRef): ShopFormat | undefined {
  const wanted = 'agent_url' in ref ? ref.agent_url : undefined
  const fitting = formats.filter(
    ({ format_id, agent_url }) => format_id === ref.id && (!wanted || agent_url === wanted),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}
