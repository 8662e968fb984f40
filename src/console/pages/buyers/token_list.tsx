import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { When } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import type { Token } from './select.ts'

interface Props {
  visit: Visit
  /** The buyer's page. */
  here: string
  tokens: readonly Token[]
  /** Whether whoever looks may make, rotate and revoke them. */
  acts: boolean
}

/** A buyer's tokens, by what can be shown of them, and what can be done with each. */
export function Tokens({ visit, here, tokens, acts }: Props) {
  return (
    <>
      <Table
        label="Tokens"
        rows={tokens}
        empty="No token: nobody can call as this buyer."
        columns={[
          {
            label: 'Token',
            cell: ({ prefix, label }) => (
              <>
                <code>{prefix}…</code> {label}
              </>
            ),
          },
          { label: 'State', cell: (token) => <State token={token} visit={visit} /> },
          {
            label: 'Made',
            cell: ({ created_at, created_by }) => (
              <>
                <When at={created_at} now={visit.now} />
                {created_by !== null && ` by ${created_by}`}
              </>
            ),
          },
          {
            label: 'Last used',
            cell: ({ last_used_at }) =>
              last_used_at ? <When at={last_used_at} now={visit.now} /> : <span class="faint">never</span>,
          },
          ...(acts ? [{ label: 'Do', cell: (token: Token) => <Acts {...{ token, visit, here }} /> }] : []),
        ]}
      />
      {acts && <Make here={here} />}
    </>
  )
}

function State({ token: { revoked_at, expires_at }, visit }: { token: Token; visit: Visit }) {
  if (revoked_at) return <Badge status="revoked" />
  if (!expires_at) return <Badge status="valid" tone="good" />
  if (expires_at <= visit.now) return <Badge status="expired" />
  return (
    <>
      <Badge status="valid" tone="good" /> ends <When at={expires_at} now={visit.now} />
    </>
  )
}

function Acts({ token, visit, here }: { token: Token; visit: Visit; here: string }) {
  if (token.revoked_at || (token.expires_at && token.expires_at <= visit.now)) return null
  const own = `${here}/tokens/${token.token_id}`
  return (
    <div class="row">
      <Confirm action={`${own}/rotate`} verb="Rotate">
        <p>
          You get a new token, and this one goes on working for a while, so that the buyer can change over.
        </p>
        <SelectField
          name="overlap_hours"
          id={`overlap_hours_${token.token_id}`}
          label="This one works for another"
          value="24"
          choices={[
            { value: '1', label: 'hour' },
            { value: '24', label: 'day' },
            { value: '168', label: 'week' },
          ]}
        />
      </Confirm>
      <Confirm action={`${own}/revoke`} verb="Revoke">
        <p>Whoever calls with this token is refused from now on. That cannot be undone.</p>
      </Confirm>
    </div>
  )
}

function Make({ here }: { here: string }) {
  return (
    <form class="card search" method="post" action={`${here}/tokens`}>
      <TextField name="label" label="What it is for" maxlength={60} placeholder="Claude Desktop, Ada" />
      <SelectField
        name="days"
        label="Valid"
        value=""
        choices={[
          { value: '', label: 'until revoked' },
          { value: '30', label: '30 days' },
          { value: '90', label: '90 days' },
          { value: '365', label: 'a year' },
        ]}
      />
      <button class="primary">Make a token</button>
    </form>
  )
}
