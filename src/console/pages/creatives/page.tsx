import { may } from '../../../rights.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { LongField } from '../../parts/field.tsx'
import { flight, When } from '../../parts/figures.tsx'
import { LiveRegion } from '../../parts/live_region.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Table } from '../../parts/table.tsx'
import { Fit } from './fit.tsx'
import { hrefOf } from './href.ts'
import { Assets } from './preview.tsx'
import { Seen } from './seen.tsx'
import type { Happened, Listed, selectAssignments, selectUploads } from './select.ts'

type Assignment = Awaited<ReturnType<ReturnType<typeof selectAssignments>['execute']>>[number]
type Upload = Awaited<ReturnType<ReturnType<typeof selectUploads>['execute']>>[number]

interface CreativePageProps {
  creative: Listed
  assignments: readonly Assignment[]
  uploads: readonly Upload[]
  history: readonly Happened[]
  visit: Visit
  problem: string | undefined
}

/** A creative: what it looks like, whether it fits, where it is to be shown, what became of it, and what a person may decide. */
export function CreativePage({ creative, assignments, uploads, history, visit, problem }: CreativePageProps) {
  const { base, now } = visit
  const here = hrefOf(base, creative)
  const decides = creative.status === 'pending_review' && may(visit.role, 'decide')
  return (
    <LiveRegion id="creative" topics={['creatives']} from={here}>
      <PageHead title={creative.name} up={{ name: 'Creatives', href: `${base}/creatives` }}>
        <Badge status={creative.status} /> of {creative.agent}, for {creative.account}; last sent{' '}
        <When at={creative.updated_at} now={now} />
      </PageHead>
      {creative.rejection_reason !== null && <p class="warning">Rejected: {creative.rejection_reason}</p>}
      <div class="columns">
        <section aria-label="What it looks like" class="card">
          <Assets assets={creative.assets} />
        </section>
        <section>
          <h2>Judged</h2>
          <Fit creative={creative} />
          <dl class="facts">
            <dt>Id</dt>
            <dd>
              <code>{creative.creative_id}</code>
            </dd>
            <dt>Format</dt>
            <dd>
              {creative.format} <code>{creative.format_id}</code>
            </dd>
            <dt>First sent</dt>
            <dd>
              <When at={creative.created_at} now={now} />
            </dd>
          </dl>
          {decides && <Decide creative={creative} base={base} problem={problem} />}
        </section>
      </div>
      <h2>Packages</h2>
      <Assignments rows={assignments} base={base} />
      <h2>On the ad servers</h2>
      <Uploads rows={uploads} visit={visit} />
      <h2>History</h2>
      <History rows={history} now={now} />
    </LiveRegion>
  )
}

function Decide({
  creative,
  base,
  problem,
}: {
  creative: Listed
  base: string
  problem: string | undefined
}) {
  const at = (what: string) => hrefOf(base, creative).replace('?', `/${what}?`)
  return (
    <div class="decide">
      <form method="post" action={at('approve')}>
        <Seen creative={creative} />
        <button class="primary">Approve</button>
      </form>
      <form method="post" action={at('reject')}>
        <Seen creative={creative} />
        <LongField
          name="reason"
          label="Reason"
          hint="The buyer reads this."
          maxlength={500}
          problem={problem}
        />
        <button class="danger">Reject</button>
      </form>
    </div>
  )
}

function Assignments({ rows, base }: { rows: readonly Assignment[]; base: string }) {
  return (
    <Table
      label="Packages it is on"
      rows={rows}
      empty="It is on no package yet. The buyer puts it there."
      columns={[
        { label: 'Product', cell: (row) => row.product },
        {
          label: 'Media buy',
          cell: (row) => (
            <>
              <a href={`${base}/media_buys/${row.media_buy_id}`}>{row.brand}</a>{' '}
              <Badge status={row.canceled ? 'canceled' : row.status} />
            </>
          ),
        },
        { label: 'Flight', cell: (row) => flight(row.start_time, row.end_time) },
        { label: 'Weight', number: true, cell: (row) => row.weight ?? 'as the others' },
      ]}
    />
  )
}

function Uploads({ rows, visit }: { rows: readonly Upload[]; visit: Visit }) {
  return (
    <Table
      label="What was done on ad servers"
      rows={rows}
      empty="No ad server has it yet."
      columns={[
        { label: 'Ad server', cell: (row) => row.connection },
        {
          label: 'State',
          cell: (row) => <Badge status={row.state} tone={row.state === 'done' ? 'good' : 'waiting'} />,
        },
        {
          label: 'Ids there',
          cell: (row) => <code>{Object.values(row.external_ids as object).join(', ') || '–'}</code>,
        },
        { label: 'It said', cell: (row) => saidOf(row) ?? <span class="faint">nothing against it</span> },
        {
          label: 'When',
          cell: (row) => {
            const at = row.done_at ?? row.first_tried_at
            return at ? <When at={at} now={visit.now} /> : 'not yet'
          },
        },
      ]}
    />
  )
}

function saidOf({ last_error }: Upload): string | undefined {
  const { message } = (last_error ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : undefined
}

function History({ rows, now }: { rows: readonly Happened[]; now: Date }) {
  if (rows.length === 0) return <p class="empty">Nobody has decided on it.</p>
  return (
    <ul class="history">
      {rows.map((row) => (
        <li>
          <When at={row.at} now={now} />: {row.who} {row.what}
          {row.why !== null && <>. {row.why}</>}
        </li>
      ))}
    </ul>
  )
}
