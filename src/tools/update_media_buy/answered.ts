import { updatedMediaBuy } from '../../adcp/media_buy_answers.ts'
import { ANSWER_HEARD, type Question } from '../../commands/answer_question.ts'
import type { Db, Trx } from '../../db/database.ts'
import { readMediaBuy } from '../../queries/media_buys.ts'
import type { Output, ToolContext } from '../define-tool.ts'

/** What a buyer hears whose answer arrived: its change waits for a person, in the words of its release as askPerson has them. */
export async function answered(
  trx: Trx,
  { principal, version }: ToolContext<Db>,
  { media_buy_id, workflow_step_id, task_id }: Question,
): Promise<Output> {
  if (version === '3.1') return { status: 'submitted', task_id, message: ANSWER_HEARD }
  const row = await readMediaBuy(trx, principal, media_buy_id)
  const { affected_package_ids } = await trx
    .selectFrom('media_buy_updates')
    .select('affected_package_ids')
    .where('workflow_step_id', '=', workflow_step_id)
    .executeTakeFirstOrThrow()
  const live = row.packages.filter(({ canceled }) => !canceled).map(({ package_id }) => package_id)
  const affected = affected_package_ids.length > 0 ? affected_package_ids : live
  return {
    ...updatedMediaBuy(row, { affected, implementation_date: null }, version),
    task_id,
    message: ANSWER_HEARD,
  }
}
