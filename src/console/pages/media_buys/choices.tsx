import type { AskedOfPeople } from '../../../queries/notice_subjects.ts'
import { LongField, TextField } from '../../parts/field.tsx'
import type { Problems } from '../../problems.ts'
import { stepName } from './timeline_of.ts'

export type Given = Partial<Record<string, string>>
/** What was typed, and what is wrong with it. */
export interface Form {
  given?: Given
  problems?: Problems
}

/** The ways out for an order that cannot go on: again, done by hand, or given up. */
export function Choices({
  asked,
  at,
  given = {},
  problems = {},
}: { asked: AskedOfPeople; at: string } & Form) {
  const made = objects[asked.step_kind ?? '']
  return (
    <div class="ways">
      <form class="card" method="post" action={`${at}/retry`}>
        <h2>Try again</h2>
        <p>
          Once what was wrong is put right. Whatever may have reached the ad server is looked for first, so
          nothing is booked twice.
        </p>
        <button class="primary">Try again</button>
      </form>
      {asked.fulfilment_step_id !== null && (
        <form class="card" method="post" action={`${at}/skip`}>
          <h2>Done by hand</h2>
          <p>
            You did it on {asked.connection} yourself: {stepName(asked.step_kind ?? '').toLowerCase()}. The
            order goes on with what follows.
          </p>
          {made !== undefined && (
            <TextField
              name="external_id"
              label={`Id of the ${made} there`}
              hint="Later changes go to it."
              required
              value={given['external_id'] ?? ''}
              problem={problems['external_id']}
            />
          )}
          <button>Go on</button>
        </form>
      )}
      <form class="card" method="post" action={`${at}/abandon`}>
        <h2>Give it up</h2>
        <p>The media buy ends and what stands of its orders is taken back. This cannot be undone.</p>
        <LongField
          name="reason"
          label="Reason"
          hint="The buyer reads this."
          required
          maxlength={500}
          value={given['reason'] ?? ''}
          problem={problems['reason']}
        />
        <button class="danger">Give it up</button>
      </form>
    </div>
  )
}

/** What a step makes, and is known by on the ad server afterwards. */
const objects: Partial<Record<string, string>> = {
  create_order: 'order',
  create_line_item: 'line item',
  upload_creative: 'creative',
}
