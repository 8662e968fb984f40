import type { Problems } from '../../problems.ts'
import { SelectField, TextField } from '../../parts/field.tsx'
import type { Draft } from './draft.ts'

/** When it is sold, how much of it, and who says yes. */
export function Sold({ draft, problems }: { draft: Draft; problems: Problems }) {
  const text = (name: 'min_flight_days' | 'lead_days' | 'daily_capacity') => ({
    name,
    value: draft[name],
    problem: problems[name],
  })
  return (
    <section class="card" aria-labelledby="how">
      <h2 id="how">How it is sold</h2>
      <div class="fields">
        <SelectField
          name="delivery_type"
          label="Delivery"
          value={draft.delivery_type}
          problem={problems['delivery_type']}
          choices={[
            { value: 'guaranteed', label: 'Guaranteed' },
            { value: 'non_guaranteed', label: 'Not guaranteed' },
          ]}
        />
        <SelectField
          name="approval_policy"
          label="Approval"
          value={draft.approval_policy}
          problem={problems['approval_policy']}
          choices={[
            { value: '', label: 'A person where it is guaranteed' },
            { value: 'auto', label: 'Sold at once' },
            { value: 'person', label: 'A person decides each time' },
          ]}
        />
        <Day
          name="available_from"
          label="From"
          value={draft.available_from}
          problem={problems['available_from']}
        />
        <Day
          name="available_until"
          label="Until and including"
          value={draft.available_until}
          problem={problems['available_until']}
        />
        <TextField {...text('min_flight_days')} label="Shortest flight, in days" inputmode="numeric" />
        <TextField {...text('lead_days')} label="Lead time, in days" inputmode="numeric" />
        <TextField
          {...text('daily_capacity')}
          label="Most a day"
          inputmode="numeric"
          hint="Impressions, or slots where the price is flat. Empty: no limit of yours."
        />
      </div>
    </section>
  )
}

/** A date; a moment within a day, as a file may have it, stays as it is written. */
function Day({
  value,
  ...field
}: {
  name: string
  label: string
  value: string
  problem: string | undefined
}) {
  const type = value === '' || /^\d{4}-\d{2}-\d{2}$/.test(value) ? 'date' : 'text'
  return <TextField {...field} value={value} type={type} />
}
