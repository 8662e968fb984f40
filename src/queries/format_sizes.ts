import { sql } from 'kysely'

interface Size {
  width: number
  height: number
}

/**
 * The fixed sizes of a product's formats, in whole pixels: what its reference to a format says, else what the format renders,
 * companions apart. In the order of the product's formats, each size once. `product` is the alias of the products row.
 */
export function formatSizes(product: 'p' | 'product' | 'products') {
  const column = (name: string) => sql.ref(`${product}.${name}`)
  return sql<Size[]>`(
    select coalesce(jsonb_agg(distinct_size.size order by distinct_size.place), '[]')
    from (
      select jsonb_build_object('width', box->'width', 'height', box->'height') as size, min(array[ref.n, box_n]) as place
      from jsonb_array_elements(${column('format_ids')}) with ordinality ref (value, n)
      cross join lateral (
        select ref.value as box, 0::bigint as box_n where ref.value ? 'width'
        union all
        select render.value->'dimensions', render.n
        from creative_formats format,
          jsonb_array_elements(format.definition->'renders') with ordinality render (value, n)
        where format.tenant_id = ${column('tenant_id')}
          and format.agent_url = ref.value->>'agent_url'
          and format.format_id = ref.value->>'id'
          and not ref.value ? 'width'
          and render.value->>'role' is distinct from 'companion'
          and coalesce(render.value#>>'{dimensions,unit}', 'px') = 'px'
          and not render.value @? '$.dimensions.responsive.* ? (@ == true)'
      ) rendered
      where box @? '$ ? (@.width % 1 == 0 && @.height % 1 == 0)'
      group by 1
    ) distinct_size
  )`
}
