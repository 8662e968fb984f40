import { Check } from '../../parts/check.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import type { Problems } from '../../problems.ts'

/** The form as somebody left it. */
export interface PolicyGiven {
  fields: Partial<Record<string, string>>
  trusted: readonly string[]
}
interface Props {
  action: string
  given: PolicyGiven
  problems: Problems
  currencies: readonly string[]
  buyers: readonly { principal_id: string; name: string }[]
  /** Whether whoever looks may also change it. */
  sets: boolean
}

export function ApprovalsForm({ action, given, problems, currencies, buyers, sets }: Props) {
  const field = (name: string) => ({ name, value: given.fields[name] ?? '', problem: problems[name] })
  const hours = (name: string) => ({ ...field(name), inputmode: 'numeric' })
  return (
    <form method="post" action={action}>
      <fieldset class="bare-set" disabled={!sets}>
        <div class="columns">
          <section class="card">
            <h2>Amounts</h2>
            {currencies.map((currency) => (
              <div class="pair">
                <TextField
                  {...field(`auto_approve_under.${currency}`)}
                  label={`Nobody is asked under, in ${currency}`}
                  inputmode="decimal"
                />
                <TextField
                  {...field(`four_eyes_above.${currency}`)}
                  label={`Two people above, in ${currency}`}
                  inputmode="decimal"
                />
              </div>
            ))}
            <Check
              name="includes_person_products"
              checked={given.fields['includes_person_products'] === 'yes'}
            >
              Small amounts and trusted buyers need nobody even for products a person sells
            </Check>
          </section>
          <section class="card">
            <h2>Time</h2>
            <TextField
              {...hours('decide_within_hours')}
              label="Decided within, in hours"
              hint="The buyer is told. Empty: no deadline."
            />
            <TextField {...hours('remind_after_hours')} label="People are reminded every, in hours" />
            <TextField
              {...hours('escalate_after_hours')}
              label="Others are told after, in hours"
              hint="In Slack in the channel for escalations."
            />
            <TextField {...hours('expire_after_hours')} label="Declined by itself after, in hours" />
            <TextField
              {...field('expire_reason')}
              label="With the reason"
              hint="The buyer reads it."
              maxlength={500}
            />
          </section>
          <section class="card">
            <h2>Creatives</h2>
            <SelectField
              {...field('review_creatives')}
              label="A person looks at a creative before it is shown"
              choices={[
                { value: 'none', label: 'never' },
                { value: 'untrusted', label: 'of buyers that are not trusted' },
                { value: 'all', label: 'always' },
              ]}
            />
          </section>
          <section class="card">
            <h2>Trusted buyers</h2>
            {problems['trusted_principals'] !== undefined && (
              <p class="problem">{problems['trusted_principals']}</p>
            )}
            {buyers.map(({ principal_id, name }) => (
              <Check name="trusted" value={principal_id} checked={given.trusted.includes(principal_id)}>
                {name}
              </Check>
            ))}
          </section>
        </div>
        {sets ? <button class="primary">Keep</button> : <p class="hint">An admin can change this.</p>}
      </fieldset>
    </form>
  )
}
