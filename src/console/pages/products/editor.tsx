import type { Problems } from '../../problems.ts'
import { Checks } from '../../parts/checks.tsx'
import { LongField, SelectField, TextField } from '../../parts/field.tsx'
import type { Draft } from './draft.ts'
import { Prices } from './prices.tsx'
import { Sold } from './sold.tsx'
import type { Inventory, Looked } from './inventory.ts'
import { InventoryPicker, redrawsInventory } from './inventory_picker.tsx'
import type { Choices } from './choices.ts'
import { channels } from './words.ts'

export interface EditorProps {
  draft: Draft
  problems: Problems
  choices: Choices
  inventory: Inventory
  looked: Looked
  /** Where the form is sent. */
  here: string
  /** What was there when this person began; undefined for a new product. */
  version: string | undefined
}

/** Everything that can be said of a product, with what is wrong beside its field. */
export function Editor(props: EditorProps) {
  const { draft, problems, choices, here, version } = props
  const text = (name: 'name' | 'countries' | 'keywords') => ({
    name,
    value: draft[name],
    problem: problems[name],
  })
  return (
    <form id="product" method="post" action={here} novalidate>
      {/* the first button is what Enter presses */}
      <button class="unseen" name="do" value="save" tabindex={-1} aria-hidden="true">
        Save
      </button>
      {version !== undefined && <input type="hidden" name="version" value={version} />}
      <section class="card" aria-labelledby="what">
        <h2 id="what">What it is</h2>
        <TextField {...text('name')} label="Name" required />
        <TextField
          name="product_id"
          label="Id"
          value={draft.product_id}
          problem={problems['product_id']}
          readonly={version !== undefined}
          hint={
            version === undefined
              ? 'What buyers order it by; it stays for good. Letters, digits, _ and -. Empty: made of the name.'
              : 'Buyers know it by this; it stays.'
          }
        />
        <LongField
          name="description"
          label="Description"
          value={draft.description}
          problem={problems['description']}
          hint="Briefs are matched with it: where it runs, who sees it, how much of it there is."
        />
        <TextField
          {...text('keywords')}
          label="Keywords"
          hint="With commas between. What buyers may look for."
        />
        <Checks
          name="channels"
          legend="Channels"
          choices={channels}
          chosen={draft.channels}
          problem={problems['channels']}
        />
        <TextField {...text('countries')} label="Countries" hint="Codes such as DE, AT. Empty: everywhere." />
      </section>
      <section class="card" aria-labelledby="where">
        <h2 id="where">Where it runs</h2>
        <Checks
          name="places"
          legend="Sites, apps and screens"
          hint="A whole domain, or parts of it by property or #tag."
          choices={choices.places}
          chosen={draft.places}
          problem={problems['places']}
        />
        <Checks
          name="formats"
          legend="Formats"
          hint={
            choices.formats.length === 0
              ? 'There is none yet, and a product needs one: formats, and the creative agents that have some, stand in the publisher file (salesdesk seed).'
              : 'What a buyer may show. Those of creative agents carry the agent’s name.'
          }
          choices={choices.formats}
          chosen={draft.formats}
          problem={problems['formats']}
        />
      </section>
      <Sold draft={draft} problems={problems} />
      <Prices draft={draft} problems={problems} currencies={choices.currencies} here={here} />
      <section class="card" aria-labelledby="server">
        <h2 id="server">On the ad server</h2>
        <SelectField
          name="connection_id"
          label="Ad server"
          value={draft.connection_id}
          choices={choices.connections}
          problem={problems['connection_id']}
          {...(choices.connections.length === 0 && {
            hint: 'None is connected yet; an admin connects one under Ad servers.',
          })}
          // each has its own inventory
          {...redrawsInventory(here)}
          hx-trigger="change"
        />
        <InventoryPicker {...props} />
        <LongField
          name="ad_server_config"
          label="Settings there"
          class="code"
          rows={4}
          value={draft.ad_server_config}
          problem={problems['ad_server_config']}
          hint="One a line, as name: value. The documentation of the ad server’s adapter lists them."
        />
      </section>
      <details class="card" open={problems['terms'] !== undefined}>
        <summary>Further terms{draft.terms !== '' && ' (some are set)'}</summary>
        <LongField
          name="terms"
          label="In the words of the publisher file"
          class="code"
          rows={8}
          value={draft.terms}
          problem={problems['terms']}
          hint="exclusivity, cancellation_policy, reporting_capabilities, measurement_terms, performance_standards, creative_policy and the like."
        />
      </details>
      <div class="row">
        <button class="primary" name="do" value="save">
          {version === undefined ? 'Put it on sale' : 'Save'}
        </button>
      </div>
    </form>
  )
}
