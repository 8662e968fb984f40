import type { Visit } from '../../desk.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { TextField } from '../../parts/field.tsx'
import { When } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import type { Problems } from '../../problems.ts'
import type { Subject } from './select.ts'

interface Props {
  visit: Visit
  /** The buyer's page. */
  here: string
  /** Whose tokens are taken now. */
  issuer: string | undefined
  subjects: readonly Subject[]
  /** Whether whoever looks may let in and shut out. */
  acts: boolean
}

/** The subjects that are a buyer. */
export function Subjects({ visit, here, issuer, subjects, acts }: Props) {
  return (
    <Table
      label="Subjects"
      rows={subjects}
      empty="Nobody comes with access tokens as this buyer."
      columns={[
        { label: 'Subject', cell: ({ subject }) => <code>{subject}</code> },
        {
          label: 'Tokens of',
          cell: (row) => (
            <>
              {row.issuer} {row.issuer !== issuer && <span class="faint">not taken now</span>}
            </>
          ),
        },
        {
          label: 'Let in',
          cell: ({ created_at, created_by }) => (
            <>
              <When at={created_at} now={visit.now} /> by {created_by}
            </>
          ),
        },
        ...(acts ? [{ label: 'Do', cell: (row: Subject) => <ShutOut {...{ row, here }} /> }] : []),
      ]}
    />
  )
}

function ShutOut({ row: { issuer, subject }, here }: { row: Subject; here: string }) {
  return (
    <Confirm action={`${here}/subjects/remove`} verb="Shut out">
      <p>Whoever comes with such a token is refused from the next call on. You can let it in again.</p>
      <input type="hidden" name="issuer" value={issuer} />
      <input type="hidden" name="subject" value={subject} />
    </Confirm>
  )
}

export function LetIn({ here, given, problems }: { here: string; given: string; problems: Problems }) {
  return (
    <form class="card narrow" method="post" action={`${here}/subjects`}>
      <TextField
        name="subject"
        label="Subject"
        hint="The claim sub of its tokens: for an agent on its own usually its client id. A refused agent is told its own."
        value={given}
        problem={problems['subject']}
        maxlength={255}
        required
      />
      <button class="primary">Let it in</button>
    </form>
  )
}
