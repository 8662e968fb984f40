import { about } from '../sealed_columns.ts'
import type { SlackDesk } from './desk.ts'

/**
 * What answers for the app a publisher has of its own, by its signing secret as it is kept now; undefined where it has none.
 * @throws SealError where no key of this process opens it
 */
export function createOwnApps<Answer>(
  { readDb, seal }: SlackDesk,
  load: (tenant_id: string, signingSecret: string) => Promise<Answer>,
) {
  const apps = new Map<string, { sealed: Buffer; answer: Promise<Answer> }>()
  return async (tenant_id: string): Promise<Answer | undefined> => {
    const row = await readDb
      .selectFrom('slack_connections')
      .select('signing_secret_sealed as sealed')
      .where('tenant_id', '=', tenant_id)
      .executeTakeFirst()
    if (!seal || !row?.sealed) {
      apps.delete(tenant_id)
      return undefined
    }
    const known = apps.get(tenant_id)
    if (known?.sealed.equals(row.sealed)) return known.answer
    const secret = seal.open(row.sealed, about('signing_secret_sealed', tenant_id))
    const answer = load(tenant_id, secret)
    apps.set(tenant_id, { sealed: row.sealed, answer })
    return answer
  }
}
