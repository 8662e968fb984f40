import type { SentWebhook } from '../../queries/webhooks.ts'
import type { Visit } from '../desk.ts'
import { Badge } from './badge.tsx'
import { When } from './figures.tsx'
import { Table } from './table.tsx'

interface WebhookTableProps {
  rows: readonly SentWebhook[]
  visit: Visit
  empty: string
}

/** Webhooks with how they fared, each leading to its own page. */
export function WebhookTable({ rows, visit, empty }: WebhookTableProps) {
  return (
    <Table
      label="Webhooks"
      rows={rows}
      empty={empty}
      columns={[
        {
          label: 'Webhook',
          cell: (row) => (
            <>
              <a href={`${visit.base}/webhooks/${row.webhook_event_id}`}>{aboutWhat(row)}</a>
              <br />
              <span class="faint">{row.brand}</span>
            </>
          ),
        },
        { label: 'To', cell: (row) => row.host },
        {
          label: 'Status',
          cell: (row) => <Badge status={stateNames[row.state]} tone={stateTones[row.state]} />,
        },
        { label: 'Attempts', number: true, cell: (row) => row.attempts },
        {
          label: 'Last answer',
          cell: (row) => (row.last_result === null ? '–' : answerInWords(row.last_result)),
        },
        {
          label: 'Next try',
          cell: (row) => (row.state === 'pending' ? <When at={row.next_at} now={visit.now} /> : '–'),
        },
        { label: 'Made', cell: (row) => <When at={row.created_at} now={visit.now} /> },
      ]}
    />
  )
}

/** What a webhook tells its buyer: `purchase: completed`. */
export function aboutWhat({ task_type, told }: Pick<SentWebhook, 'task_type' | 'told'>): string {
  if (task_type === 'media_buy_delivery') return 'delivery report'
  const subject = task_type === 'update_media_buy' ? 'change' : 'purchase'
  return told === null ? subject : `${subject}: ${told}`
}

export const stateNames = { pending: 'waiting', delivered: 'delivered', dead: 'failed' } as const
export const stateTones = { pending: 'waiting', delivered: 'good', dead: 'bad' } as const

/** What a fault of the connection means, for people; the fault itself where nobody has said. */
export function answerInWords(result: string): string {
  const meaning = faults[result]
  return meaning === undefined ? result : `${meaning} (${result})`
}

const faults: Partial<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'hung up without an answer',
  UND_ERR_SOCKET: 'hung up without an answer',
  ETIMEDOUT: 'no answer in time',
  CERT_HAS_EXPIRED: 'its certificate is out of date',
}
