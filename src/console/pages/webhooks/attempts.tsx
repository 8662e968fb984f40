import { exact } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import { answerInWords } from '../../parts/webhook_table.tsx'
import type { Attempt } from './read_webhook.ts'
import { outcomes } from './words.ts'

/** Every time it was sent, with the answer and how long that took; the latest first. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  return (
    <Table
      label="Attempts"
      rows={attempts}
      empty="None yet."
      columns={[
        { label: 'Attempt', cell: ({ attempt }) => `${attempt}` },
        { label: 'Sent', cell: ({ started_at }) => `${exact(started_at)} UTC` },
        { label: 'Outcome', cell: ({ outcome }) => outcomes[outcome] },
        { label: 'Answer', cell: ({ result }) => (result === null ? '–' : answerInWords(result)) },
        {
          label: 'Took',
          number: true,
          cell: ({ started_at, ended_at }) =>
            ended_at === null ? '–' : `${Math.max(0, ended_at.getTime() - started_at.getTime())} ms`,
        },
      ]}
    />
  )
}
