import { Check } from '../../parts/check.tsx'
import { TextField } from '../../parts/field.tsx'
import type { Problems } from '../../problems.ts'
import type { Advertiser } from './select.ts'

/** The form as somebody left it. */
export interface TermsGiven {
  fields: Partial<Record<string, string>>
  allowed: readonly string[]
}
interface Props {
  action: string
  given: TermsGiven
  problems: Problems
  connections: readonly { connection_id: string; name: string }[]
  advertisers: ReadonlyMap<string, readonly Advertiser[]>
  products: readonly { product_id: string; name: string }[]
}

export function TermsForm({ action, given, problems, connections, advertisers, products }: Props) {
  const field = (name: string) => ({ name, value: given.fields[name] ?? '', problem: problems[name] })
  return (
    <form class="narrow" method="post" action={action}>
      <TextField {...field('name')} label="Name" required maxlength={100} />
      <Products given={given} products={products} problem={problems['allowed']} />
      <TextField
        {...field('max_media_buy_budget')}
        label="Largest buy"
        hint="In the currency of the buy. Empty: the publisher’s own limit."
        inputmode="decimal"
      />
      <TextField
        {...field('max_calls_per_minute')}
        label="Calls a minute"
        hint="Further calls are told to wait. Empty: not limited."
        inputmode="numeric"
      />
      <fieldset>
        <legend>Approval</legend>
        <Check name="trusted" checked={given.fields['trusted'] === 'yes'}>
          Trusted: what it buys needs no person, as far as the approval policy allows
        </Check>
      </fieldset>
      {connections.length > 0 && (
        <fieldset>
          <legend>Advertiser on each ad server</legend>
          {connections.map(({ connection_id, name }) => (
            <AdvertiserField
              {...field(`advertiser.${connection_id}`)}
              label={name}
              known={advertisers.get(connection_id) ?? []}
            />
          ))}
        </fieldset>
      )}
      <button class="primary">Save</button>
    </form>
  )
}

/** Its id on the ad server, chosen by name where the ad server has said whom it knows. */
function AdvertiserField({ known, ...field }: AdvertiserFieldProps) {
  const list = `${field.name}-known`
  const chosen = known.find(({ value }) => value === field.value)
  if (known.length === 0) return <TextField {...field} maxlength={200} />
  return (
    <>
      <TextField
        {...field}
        hint={chosen ? chosen.label : 'Choose by name, or write its id there. Empty: nobody in particular.'}
        maxlength={200}
        list={list}
        autocomplete="off"
      />
      <datalist id={list}>
        {known.map(({ value, label }) => (
          <option value={value}>{label}</option>
        ))}
      </datalist>
    </>
  )
}
interface AdvertiserFieldProps {
  name: string
  label: string
  value: string
  problem: string | undefined
  known: readonly Advertiser[]
}

function Products({
  given,
  products,
  problem,
}: Pick<Props, 'given' | 'products'> & { problem: string | undefined }) {
  const some = given.fields['products'] === 'some'
  return (
    <fieldset aria-describedby={problem && 'allowed-problem'}>
      <legend>May buy</legend>
      <p>
        <label>
          <input type="radio" name="products" value="all" checked={!some} /> Everything on sale
        </label>
      </p>
      <p>
        <label>
          <input type="radio" name="products" value="some" checked={some} /> Only these, and knows of no other
        </label>
      </p>
      {problem !== undefined && (
        <p class="problem" id="allowed-problem">
          {problem}
        </p>
      )}
      <div class="choices" tabindex={0} role="group" aria-label="Products">
        {products.map(({ product_id, name }) => (
          <Check name="allowed" value={product_id} checked={given.allowed.includes(product_id)}>
            {name}
          </Check>
        ))}
      </div>
    </fieldset>
  )
}
