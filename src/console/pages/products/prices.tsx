import type { Problems } from '../../problems.ts'
import { LongField, SelectField, TextField } from '../../parts/field.tsx'
import type { Draft, PriceDraft } from './draft.ts'
import { pricingModels } from './words.ts'

interface PricesProps {
  draft: Draft
  problems: Problems
  currencies: readonly string[]
  /** Where the form is sent; its buttons here only redraw it. */
  here: string
}

/** The prices of a product; another can be added and each taken away, with a script in place. */
export function Prices({ draft, problems, currencies, here }: PricesProps) {
  const redraw = {
    'hx-post': here,
    'hx-select': '#prices',
    // a price more or less is no change of a field, which is what the preview follows
    'hx-select-oob': '#preview:outerMorph',
    'hx-target': '#prices',
    'hx-swap': 'outerMorph',
  }
  return (
    <section class="card" id="prices" aria-labelledby="prices-head">
      <h2 id="prices-head">Prices</h2>
      {problems['prices'] !== undefined && <p class="problem">{problems['prices']}</p>}
      {draft.prices.map((price, index) => (
        <fieldset class="price">
          <legend>Price {index + 1}</legend>
          <Price at={`prices.${index}`} price={price} problems={problems} currencies={currencies} />
          {draft.prices.length > 1 && (
            <button class="quiet" name="do" value={`drop_price.${index}`} {...redraw}>
              Remove price {index + 1}
            </button>
          )}
        </fieldset>
      ))}
      <button name="do" value="add_price" {...redraw}>
        Add a price
      </button>
    </section>
  )
}

interface PriceProps {
  at: string
  price: PriceDraft
  problems: Problems
  currencies: readonly string[]
}

function Price({ at, price, problems, currencies }: PriceProps) {
  const field = (name: keyof PriceDraft) => ({
    name: `${at}.${name}`,
    value: price[name],
    problem: problems[`${at}.${name}`],
  })
  return (
    <>
      <div class="fields">
        <SelectField
          {...field('pricing_model')}
          label="Model"
          choices={Object.entries(pricingModels).map(([value, label]) => ({ value, label }))}
        />
        <SelectField
          {...field('currency')}
          label="Currency"
          choices={[...new Set([...currencies, price.currency])].map((value) => ({ value, label: value }))}
        />
        <SelectField
          {...field('kind')}
          label="How"
          choices={[
            { value: 'fixed', label: 'Fixed price' },
            { value: 'auction', label: 'Auction, from a floor' },
          ]}
        />
        <TextField {...field('amount')} label="Price or floor" inputmode="decimal" />
        <TextField {...field('min_spend_per_package')} label="Least a package" inputmode="decimal" />
        <TextField {...field('pricing_option_id')} label="Id for buyers" placeholder="made of the above" />
      </div>
      <details open={field('terms').problem !== undefined}>
        <summary class="quiet">
          {price.terms === '' ? 'Terms of this price' : 'Terms of this price (some are set)'}
        </summary>
        <LongField
          {...field('terms')}
          label="Terms"
          class="code"
          rows={3}
          hint="parameters (needed by time, CPV, CPP and CPA), price_guidance, max_bid. Such as: parameters: { time_unit: week }"
        />
      </details>
    </>
  )
}
