import { Check } from '../../parts/check.tsx'
import { LongField, SelectField, TextField } from '../../parts/field.tsx'
import type { Problems } from '../../problems.ts'

interface Props {
  action: string
  given: Partial<Record<string, string>>
  problems: Problems
  /** Whether whoever looks may also change it. */
  sets: boolean
}

export function SellingForm({ action, given, problems, sets }: Props) {
  const field = (name: string) => ({ name, value: given[name] ?? '', problem: problems[name] })
  const days = (name: string) => ({ ...field(name), required: true, inputmode: 'numeric' })
  const amount = (name: string) => ({ ...field(name), inputmode: 'decimal' })
  const check = (name: string) => ({ name, checked: given[name] === 'yes' })
  return (
    <form method="post" action={action}>
      <fieldset class="bare-set" disabled={!sets}>
        <div class="columns">
          <section class="card">
            <h2>The publisher</h2>
            <TextField {...field('name')} label="Name" required maxlength={200} />
            <LongField {...field('description')} label="What it publishes" hint="Buyers read this." />
            <LongField
              {...field('advertising_policies')}
              label="What it does not advertise"
              hint="Buyers read this too."
            />
            <TextField
              {...field('currencies')}
              label="Sells in"
              hint="Currencies, such as EUR, USD. One that a product on sale has a price in must stay."
              required
            />
            <Check {...check('opens_accounts')}>
              A brand and agency seen for the first time get an account at once
            </Check>
            <Check {...check('sells_unverified')}>
              Sell what no domain’s adagents.json has confirmed yet
            </Check>
          </section>
          <section class="card">
            <h2>Limits</h2>
            <TextField
              {...amount('approval_threshold')}
              label="A person looks at buys above"
              hint="Where the approval policy says nothing for the currency. Empty: only what products say."
            />
            <TextField {...amount('max_package_budget')} label="Largest package" hint="Empty: not limited." />
            <TextField {...amount('max_media_buy_budget')} label="Largest buy" hint="Empty: not limited." />
            <TextField {...days('max_flight_days')} label="Longest flight, in days" />
            <TextField
              {...days('max_new_keys_per_minute')}
              label="New requests of one agent for one account in a minute"
            />
          </section>
          <section class="card">
            <h2>How much is left</h2>
            <SelectField
              {...field('stale_forecast')}
              label="A guaranteed sale of which too little is known"
              choices={[
                { value: 'ask_person', label: 'waits for a person' },
                { value: 'sell', label: 'is made all the same' },
                { value: 'refuse', label: 'is refused' },
              ]}
            />
            <TextField {...days('forecast_max_age_hours')} label="A forecast is too old after, in hours" />
            <TextField
              {...days('forecast_refresh_hours')}
              label="Ad servers are asked anew every, in hours"
            />
            <TextField {...days('forecast_horizon_days')} label="For the days ahead" />
          </section>
          <section class="card">
            <h2>Orders</h2>
            <SelectField
              {...field('refusal_policy')}
              label="One ad server refuses while another has booked"
              choices={[
                { value: 'ask_person', label: 'a person is asked' },
                { value: 'take_back', label: 'what stands is taken back' },
              ]}
            />
            <TextField
              {...days('behind_percent')}
              label="A package is behind when it lacks, in percent"
              hint="Of what it should have delivered by now."
            />
          </section>
          <section class="card">
            <h2>Proposals</h2>
            <Check {...check('sells_proposals')}>Answer a brief with plans of how to spend a budget</Check>
            <TextField {...days('proposal_hold_hours')} label="A finalized plan holds, in hours" />
            <Check {...check('insertion_orders')}>Large plans come with an insertion order</Check>
            <TextField {...amount('io_above')} label="Above" hint="Empty: every plan." />
            <TextField {...field('io_terms_url')} label="Address of its terms" type="url" />
            <TextField
              {...field('io_signing_url')}
              label="Where it is signed"
              type="url"
              hint="Empty: the buyer accepts as it buys."
            />
          </section>
        </div>
        {sets ? <button class="primary">Save</button> : <p class="hint">An admin can change this.</p>}
      </fieldset>
    </form>
  )
}
