import { detailsModal, reasonModal } from '../blocks/modals.ts'
import { selectApprovalRequests } from '../queries/approval_requests.ts'
import type { Click } from './click.ts'
import type { SlackDesk } from './desk.ts'
import type { Person } from './person.ts'

/** What a button does for whoever clicked; they are told what it returns. */
export type Work = (desk: SlackDesk, click: Click, person: Person) => Promise<string | undefined>

/** Shows a request with every package. */
export const showDetails: Work = async ({ readDb, consoleUrl }, { client, trigger_id, value }) => {
  const [tenant_id = '', workflow_step_id = ''] = value.split(' ')
  const request = await selectApprovalRequests(readDb, tenant_id)
    .where('step.workflow_step_id', '=', workflow_step_id)
    .executeTakeFirst()
  if (!request) return 'There is no such request any more.'
  await client.views.open({ trigger_id, view: detailsModal(request, `${consoleUrl}/${tenant_id}`) })
  return undefined
}

type Question = Omit<Parameters<typeof reasonModal>[0], 'subject'>

/** Asks whoever clicked for some words; they come back under the question's `callback_id`. */
export function ask(question: Question): Work {
  return async (_desk, { client, trigger_id, channel_id, value }) => {
    const subject = JSON.stringify(channel_id === undefined ? [value] : [value, channel_id])
    await client.views.open({ trigger_id, view: reasonModal({ ...question, subject }) })
    return undefined
  }
}
