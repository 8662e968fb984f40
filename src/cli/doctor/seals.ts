import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { MARK_LENGTH, type Seal } from '../../seal.ts'
import { sealedColumns, type SealedColumn } from '../../sealed_columns.ts'
import type { Finding } from './checks.ts'

/** Whether what is sealed can be opened with the keys there are here, going by the marks of the keys. */
export async function checkSeals(db: Db, seal: Seal | undefined): Promise<Finding> {
  const subject = 'sealed'
  const marks = await countMarks(db)
  const count = (is: (mark: Buffer) => boolean) =>
    marks.filter(({ mark }) => is(mark)).reduce((sum, { n }) => sum + n, 0)
  const all = count(() => true)
  const known = seal?.marks ?? []
  // a value of the format before this one does not say which key it is under
  const foreign = count((mark) => mark[0] !== 1 && !known.some((one) => one.equals(mark)))
  if (foreign > 0)
    return {
      ok: false,
      subject,
      text: `${foreign} of ${all} values are under a key that is not set here; name it in SALESDESK_DECRYPTION_KEYS`,
    }
  const older = count((mark) => !known[0]?.equals(mark))
  const text = `${all} values`
  return {
    ok: true,
    subject,
    text: older === 0 ? text : `${text}, ${older} not under the newest key; run salesdesk reseal`,
  }
}

async function countMarks(db: Db): Promise<{ mark: Buffer; n: number }[]> {
  const each = (Object.keys(sealedColumns) as SealedColumn[]).map(
    (column) => sql`
      select substring(${sql.ref(column)} from 1 for ${sql.lit(MARK_LENGTH)}) as mark
      from ${sql.table(sealedColumns[column].table)} where ${sql.ref(column)} is not null`,
  )
  const { rows } = await sql<{ mark: Buffer; n: number }>`
    select mark, count(*)::int as n from (${sql.join(each, sql` union all `)}) as every group by mark`.execute(
    db,
  )
  return rows
}
