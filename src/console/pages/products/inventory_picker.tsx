import { TextField } from '../../parts/field.tsx'
import type { Draft } from './draft.ts'
import { MOST, type Inventory, type Looked, type Shelf } from './inventory.ts'

export interface PickerProps {
  draft: Draft
  inventory: Inventory
  looked: Looked
  /** Where the form is sent; its buttons here only redraw it. */
  here: string
}

/** What a control of the form needs so that only the inventory is drawn again. */
export const redrawsInventory = (here: string) => ({
  'hx-post': here,
  'hx-select': '#inventory',
  'hx-target': '#inventory',
  'hx-swap': 'outerMorph',
})

/** Ad units and placements as the ad server has them: searched, or walked through from the top, with a script in place. */
export function InventoryPicker({ draft, inventory, looked, here }: PickerProps) {
  const redraw = redrawsInventory(here)
  const { ad_units, placements } = inventory
  return (
    <div id="inventory">
      {(ad_units ?? placements) && (
        <div class="row find">
          <TextField name="find" label="Find inventory" value={looked.find} />
          <button name="do" value="find" {...redraw}>
            Find
          </button>
        </div>
      )}
      {ad_units && (
        <Units name="ad_units" legend="Ad units" shelf={ad_units} chosen={draft.ad_units} redraw={redraw} />
      )}
      {placements && (
        <Units
          name="placements"
          legend="Placements"
          shelf={placements}
          chosen={draft.placements}
          redraw={redraw}
        />
      )}
    </div>
  )
}

interface UnitsProps {
  name: string
  legend: string
  shelf: Shelf
  chosen: readonly string[]
  redraw: Record<string, string>
}

function Units({ name, legend, shelf: { units, more }, chosen, redraw }: UnitsProps) {
  const gone = chosen.filter((id) => !units.some((unit) => unit.id === id))
  return (
    <fieldset>
      <legend>{legend}</legend>
      {units.length + gone.length === 0 && (
        <p class="hint">None found. It is what the ad server had when it was last read.</p>
      )}
      <ul class="units">
        {units.map((unit) => (
          <li>
            <label>
              <input type="checkbox" name={name} value={unit.id} checked={chosen.includes(unit.id)} />{' '}
              {unit.name} <code>{unit.id}</code> <span class="faint">{unit.facts}</span>
            </label>
            {unit.inside > 0 && (
              <button class="quiet" name="do" value={`open.${unit.id}`} {...redraw}>
                {unit.inside} inside {unit.name}
              </button>
            )}
          </li>
        ))}
        {gone.map((id) => (
          <li>
            <label>
              <input type="checkbox" name={name} value={id} checked /> <code>{id}</code>{' '}
              <span class="faint">not among what was last read</span>
            </label>
          </li>
        ))}
      </ul>
      {more && <p class="hint">The first {MOST} are shown; find others by name or id.</p>}
    </fieldset>
  )
}
