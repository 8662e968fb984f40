import { throwProblems } from '../adcp/error.ts'
import { lockLibrary } from '../commands/assign_creatives.ts'
import { answerOnce } from '../commands/answer_once.ts'
import { accountProblems, resolveAccount } from '../commands/resolve_account.ts'
import { writeTool, type Output } from './define-tool.ts'
import { contradictions, request as input, type Request } from './sync_creatives/request.ts'
import { syncLibrary } from './sync_creatives/sync.ts'
import { inTransaction } from '../db/transaction.ts'

export const syncCreatives = writeTool({
  name: 'sync_creatives',
  title: 'Bring creatives and put them on packages',
  description:
    'Adds creatives to your library or updates them by creative_id, and assigns them to packages you bought. A media buy whose packages all have a creative leaves pending_creatives. Look up each format in list_creative_formats first; try dry_run when unsure. To replace the creatives of a package use update_media_buy. Example: {"idempotency_key": "put-a-new-uuid-here", "account": {"account_id": "acc_…"}, "creatives": [{"creative_id": "banner_1", "name": "Banner", "format_id": {"id": "display_300x250_image"}, "assets": {"banner_image": {"asset_type": "image", "url": "https://acme.example/1.png", "width": 300, "height": 250}, "click_url": {"asset_type": "url", "url": "https://acme.example/"}}}]}',
  destructive: true,
  input,
  summary,
  /** One transaction: key, library, assignments, media buys that now have all they need, and the answer. A dry run is taken back. */
  async handle(request, ctx) {
    const { principal, now } = ctx
    throwProblems(contradictions(request))
    const done = inTransaction(ctx.db, async (trx) => {
      const account = await resolveAccount(trx, principal, request.account)
      const { principal_id } = principal
      const attempt = { principal_id, account_id: account.account_id, tool: 'sync_creatives', request, now }
      return answerOnce(trx, attempt, async () => {
        throwProblems(accountProblems(account))
        await lockLibrary(trx, principal_id)
        const synced = await syncLibrary(trx, ctx, request, account)
        const answer = { ...synced, ...noteOf(request, synced) }
        if (request.dry_run) throw new Rehearsed({ ...answer, idempotency_key: request.idempotency_key })
        return answer
      })
    })
    return done.catch((error: unknown) => {
      if (error instanceof Rehearsed) return error.answer
      throw error
    })
  },
})

/** What was asked for is done by now, so nothing is left to tell later; what a person still looks at, the library tells. */
function noteOf({ push_notification_config }: Request, { creatives }: Output): Output {
  const waiting = (creatives as { status?: string }[]).filter(({ status }) => status === 'pending_review')
  const notes = [
    ...(push_notification_config ? ['This answer is final; no webhook follows it.'] : []),
    ...(waiting.length > 0
      ? ['A person at the publisher looks at what is pending_review before it is shown: see list_creatives.']
      : []),
  ]
  return notes.length > 0 ? { message: notes.join(' ') } : {}
}

/** Ends the transaction of a dry run, so that all it did is undone. */
class Rehearsed extends Error {
  override name = 'Rehearsed'
  readonly answer: Output
  constructor(answer: Output) {
    super('a dry run ends here')
    this.answer = answer
  }
}

function summary(output: Output): string {
  const results = output['creatives'] as { action: string; assignment_errors?: object }[]
  const counts = new Map<string, number>()
  for (const { action } of results) counts.set(action, (counts.get(action) ?? 0) + 1)
  const told = [...counts].map(([action, count]) => `${count} ${action}`).join(', ')
  const failed = counts.has('failed') || results.some(({ assignment_errors }) => assignment_errors)
  return `${output['dry_run'] ? 'Would be' : 'Creatives'}: ${told}.${failed ? ' See errors and assignment_errors.' : ''}`
}
