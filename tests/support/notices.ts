import type { Db } from '../../src/db/database.ts'

/** What a publisher's people were told about something, in order. */
export async function noticesAbout(db: Db, subject_id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('notices')
    .select('kind')
    .where('subject_id', '=', subject_id)
    .orderBy('notice_id')
    .execute()
  return rows.map(({ kind }) => kind)
}
