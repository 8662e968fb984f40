import type { Unit } from '../../../queries/inventory.ts'
import { Badge } from '../../parts/badge.tsx'
import { count } from '../../parts/figures.tsx'
import { nothingHere } from './shelf.tsx'
import type { Seller, Usage } from './usage.ts'

interface Units {
  units: readonly Unit[]
  usage: Usage
  /** Where the inventory of the connection begins. */
  href: string
  base: string
  q: string
  above: readonly string[]
}

/** Ad units, each with what lies below it to be unfolded in place; without JavaScript the same is a page of its own. */
export function Units({ units, usage, href, base, q, above }: Units) {
  if (units.length === 0) return <p class="empty">{nothingHere(q, 'ad units')}</p>
  return (
    <ul class="tree">
      {units.map((unit) => {
        const own = `${href}/units/${encodeURIComponent(unit.id)}`
        return (
          <li>
            <span class="row">
              <a href={own}>{unit.name}</a>
              <code>{unit.id}</code>
              {unit.standing !== 'active' && <Badge status={unit.standing} />}
              {unit.sizes.length > 0 && <span class="faint">{unit.sizes.slice(0, 4).join(', ')}</span>}
              <SoldBy sellers={usage.ofUnit(unit.id, q === '' ? above : [])} base={base} />
            </span>
            {unit.below > 0 && (
              <a class="unfold" href={own} hx-get={own} hx-select=".below" hx-swap="outerHTML">
                {count(unit.below)} below
                <span class="unseen"> {unit.name}</span>
              </a>
            )}
          </li>
        )
      })}
    </ul>
  )
}

/** The products something is sold by: by name where they are few. */
export function SoldBy({ sellers, base }: { sellers: readonly Seller[]; base: string }) {
  const [first, ...others] = sellers
  if (!first) return null
  return (
    <span class="faint">
      sold by <a href={`${base}/products/${first.product_id}`}>{first.name}</a>
      {others.length > 0 && ` and ${count(others.length)} more`}
    </span>
  )
}
