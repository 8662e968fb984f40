import { Hono } from 'hono'
import { sql } from 'kysely'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { count, When } from '../../parts/figures.tsx'
import { LiveRegion } from '../../parts/live_region.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Pager, pageOf } from '../../parts/pager.tsx'
import { Table } from '../../parts/table.tsx'
import { findAdServer } from './find.ts'
import { nameOfKind } from './health.tsx'
import { messageOf, Progress, span } from './progress.tsx'
import { selectHistory } from './select.ts'

const PAGE = 50

/** Every synchronisation there was, with what went wrong. */
export function syncHistory(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().get('/:connection_id/history', async (c) => {
    const visit = c.get('visit')
    const one = await findAdServer(c, desk)
    if (!one) return c.notFound()
    const [at, here] = [pageOf(c.req.query('page')), `${visit.base}/ad_servers/${one.connection_id}`]
    const all = selectHistory(desk.readDb, visit.tenant_id, one.connection_id)
    const runs = await all
      .limit(PAGE)
      .offset((at - 1) * PAGE)
      .execute()
    const { total } = await all
      .clearSelect()
      .clearOrderBy()
      .select(sql<number>`count(*)::int`.as('total'))
      .executeTakeFirstOrThrow()
    const { now } = visit
    const href = `${here}/history`
    return page(
      c,
      { title: `Synchronisations of ${one.name}`, room: 'ad_servers' },
      <>
        <PageHead title="Synchronisations" up={{ name: one.name, href: here }}>
          What was read of the ad server, when, and what kept it from being read.
        </PageHead>
        <LiveRegion id="runs" topics={['ad_servers']} from={`${href}?page=${at}`}>
          <Table
            label="Synchronisations"
            rows={runs}
            empty="Nothing was read yet."
            columns={[
              { label: 'What', cell: ({ kind }) => nameOfKind(kind) },
              { label: 'Began', cell: ({ started_at }) => <When at={started_at} now={now} /> },
              { label: 'Asked by', cell: ({ asked_by }) => (asked_by === 'clock' ? 'the clock' : asked_by) },
              { label: 'How', cell: ({ base }) => (base === null ? 'everything' : 'changes') },
              { label: 'Rows', number: true, cell: ({ done }) => count(done) },
              {
                label: 'Took',
                number: true,
                cell: ({ started_at, finished_at }) =>
                  finished_at ? span((finished_at.getTime() - started_at.getTime()) / 1000) : '–',
              },
              {
                label: 'How it went',
                cell: (run) =>
                  run.finished_at === null ? (
                    <Progress run={{ ...run, kind: nameOfKind(run.kind) }} now={now} />
                  ) : (
                    <>
                      <Badge
                        status={run.state === 'failed' ? 'failed' : 'read'}
                        {...(run.state !== 'failed' && { tone: 'good' as const })}
                      />{' '}
                      {messageOf(run)}
                    </>
                  ),
              },
            ]}
          />
          <Pager {...{ href, page: at, page_size: PAGE, total, of: 'synchronisations' }} />
        </LiveRegion>
      </>,
    )
  })
}
