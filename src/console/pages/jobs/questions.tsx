import type { selectOpenQuestions } from '../../../queries/open_questions.ts'
import type { Visit } from '../../desk.ts'
import { When } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'

type Open = Awaited<ReturnType<ReturnType<typeof selectOpenQuestions>['execute']>>[number]

/** Orders whose job has stopped to ask a person, each leading to the ways out. Nothing where there are none. */
export function Questions({ questions, visit }: { questions: readonly Open[]; visit: Visit }) {
  if (questions.length === 0) return null
  return (
    <>
      <h2>Orders that need a person</h2>
      <Table
        label="Orders that need a person"
        rows={questions}
        empty=""
        columns={[
          {
            label: 'What happened',
            cell: (one) => (
              <a href={`${visit.base}/media_buys/${one.media_buy_id}/steps/${one.workflow_step_id}`}>
                {one.title}
              </a>
            ),
          },
          { label: 'Ad server', cell: (one) => one.connection },
          { label: 'What to do', cell: (one) => one.suggested_action ?? '–' },
          { label: 'Since', cell: (one) => <When at={one.created_at} now={visit.now} /> },
        ]}
      />
      <h2>In the queue</h2>
    </>
  )
}
