import { may } from '../../../rights.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { When } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import type { Problems } from '../../problems.ts'
import type { Invitation, Member } from './select_people.ts'

interface Props {
  visit: Visit
  members: readonly Member[]
  invitations: readonly Invitation[]
  given: Partial<Record<string, string>>
  problems: Problems
}

const roles = [
  { value: 'viewer', label: 'viewer: sees every page' },
  { value: 'approver', label: 'approver: decides what waits' },
  { value: 'manager', label: 'manager: runs the business' },
  { value: 'admin', label: 'admin: lets people in and sets policies' },
]

export function PeopleList({ visit, members, invitations, given, problems }: Props) {
  const here = `${visit.base}/settings/people`
  const admin = may(visit.role, 'administer')
  return (
    <>
      <Table
        label="People"
        rows={members}
        empty="Nobody works here."
        columns={[
          {
            label: 'Person',
            cell: ({ name, email, user_id }) => (
              <>
                {name} {user_id === visit.person.user_id && <span class="faint">(you)</span>}
                <br />
                <span class="faint">{email}</span>
              </>
            ),
          },
          { label: 'Role', cell: ({ role }) => <Badge status={role} /> },
          {
            label: 'Last seen',
            cell: ({ seen_at }) =>
              seen_at ? <When at={seen_at} now={visit.now} /> : <span class="faint">not signed in</span>,
          },
          {
            label: 'Slack',
            cell: ({ slack_user_id: id }) =>
              id === null ? <span class="faint">no</span> : <code>{id}</code>,
          },
          ...(admin ? [{ label: 'Do', cell: (member: Member) => <Acts here={here} member={member} /> }] : []),
        ]}
      />
      {admin && <Invite {...{ here, given, problems }} />}
      {invitations.length > 0 && <Open {...{ visit, here, invitations, admin }} />}
    </>
  )
}

function Acts({ here, member: { user_id, name, role, sessions } }: { here: string; member: Member }) {
  return (
    <div class="row">
      <Confirm action={`${here}/${user_id}/role`} verb="Change role">
        <SelectField
          name="role"
          id={`role-${user_id}`}
          label={`What ${name} may do`}
          value={role}
          choices={roles}
        />
      </Confirm>
      {sessions > 0 && (
        <Confirm action={`${here}/${user_id}/sign-out`} verb="Sign out">
          <p>Signs {name} out of every browser, for all publishers. They can sign in again.</p>
        </Confirm>
      )}
      <Confirm action={`${here}/${user_id}/remove`} verb="Remove">
        <p>
          {name} is nobody here any more. What they did stays on record; another invitation lets them in
          again.
        </p>
      </Confirm>
    </div>
  )
}

function Invite({ here, given, problems }: { here: string } & Pick<Props, 'given' | 'problems'>) {
  return (
    <>
      <h2>Invite somebody</h2>
      <form class="card search" method="post" action={`${here}/invite`}>
        <TextField
          name="email"
          label="Email"
          type="email"
          required
          value={given['email']}
          problem={problems['email']}
        />
        <SelectField
          name="role"
          label="Role"
          value={given['role'] ?? 'approver'}
          problem={problems['role']}
          choices={roles}
        />
        <button class="primary">Make a link</button>
      </form>
    </>
  )
}

function Open({
  visit,
  here,
  invitations,
  admin,
}: { here: string; admin: boolean } & Pick<Props, 'visit' | 'invitations'>) {
  return (
    <>
      <h2>Invited</h2>
      <Table
        label="Invited"
        rows={invitations}
        empty=""
        columns={[
          { label: 'Email', cell: ({ email }) => email },
          { label: 'As', cell: ({ role }) => <Badge status={role} /> },
          { label: 'By', cell: ({ invited_by }) => invited_by },
          { label: 'Ends', cell: ({ expires_at }) => <When at={expires_at} now={visit.now} /> },
          ...(admin
            ? [
                {
                  label: 'Do',
                  cell: ({ email }: Invitation) => (
                    <form method="post" action={`${here}/withdraw`}>
                      <input type="hidden" name="email" value={email ?? ''} />
                      <button class="quiet" aria-label={`Withdraw the invitation of ${email}`}>
                        Withdraw
                      </button>
                    </form>
                  ),
                },
              ]
            : []),
        ]}
      />
    </>
  )
}
