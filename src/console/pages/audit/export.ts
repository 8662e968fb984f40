import { Hono, type Context } from 'hono'
import { stream } from 'hono/streaming'
import { csvLine } from '../../csv.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { Filter, selectEntries, type Entry } from './select.ts'

/** Rows fetched at once; a log of any length passes through without ever being whole in memory. */
const BATCH = 1000
const columns = [
  'at',
  'actor_kind',
  'actor',
  'user_id',
  'email',
  'action',
  'subject_kind',
  'subject_id',
  'detail',
] as const

/** The log, as the filter has it, to keep elsewhere. */
export function auditExport(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/audit.csv', (c) =>
      send(c, desk, 'text/csv; charset=utf-8; header=present', {
        before: csvLine(columns),
        row: (entry) => csvLine(columns.map((name) => text(entry[name]))),
        after: '',
      }),
    )
    .get('/audit.json', (c) =>
      send(c, desk, 'application/json; charset=utf-8', {
        before: '[\n',
        row: (entry, first) =>
          (first ? '' : ',\n') +
          JSON.stringify(Object.fromEntries(columns.map((name) => [name, entry[name]]))),
        after: '\n]\n',
      }),
    )
}

function text(value: Entry[(typeof columns)[number]]): string | null {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' && value !== null
    ? JSON.stringify(value)
    : value === null
      ? null
      : String(value)
}

interface Shape {
  before: string
  row(entry: Entry, first: boolean): string
  after: string
}

function send(
  c: Context<VisitEnv>,
  { readDb, log }: ConsoleDesk,
  type: string,
  { before, row, after }: Shape,
) {
  const { tenant_id, now } = c.get('visit')
  const entries = selectEntries(readDb, tenant_id, Filter.parse(c.req.query()))
  const kind = c.req.path.endsWith('.csv') ? 'csv' : 'json'
  c.header('content-type', type)
  c.header(
    'content-disposition',
    `attachment; filename="audit-${tenant_id}-${now.toISOString().slice(0, 10)}.${kind}"`,
  )
  return stream(
    c,
    async (out) => {
      await out.write(before)
      let last: string | undefined
      for (let first = true; !out.aborted;) {
        const from = last
        const batch = await entries
          .$if(from !== undefined, (s) => s.where('a.audit_id', '<', from ?? ''))
          .limit(BATCH)
          .execute()
        for (const entry of batch) {
          await out.write(row(entry, first))
          first = false
        }
        if (batch.length < BATCH) break
        last = batch.at(-1)?.audit_id
      }
      await out.write(after)
    },
    // cut off in the middle it must not look whole: the connection ends without the last chunk
    (error) => {
      log.error({ err: error }, 'an export of the audit log broke off')
      return Promise.reject(error)
    },
  )
}
