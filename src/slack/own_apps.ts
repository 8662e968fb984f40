import { shared } from '../monitoring/shared.ts'
import { about } from '../sealed_columns.ts'
import type { SlackDesk } from './desk.ts'

/**
 * What answers for the app a publisher has of its own, by its signing secret as it is kept now; undefined where it has none. However
 * many strangers ask at once, PostgreSQL is asked once. @throws SealError where no key of this process opens it
 */
export function createOwnApps<Answer>(
  { readDb, seal }: SlackDesk,
  load: (tenant_id: string, signingSecret: string) => Promise<Answer>,
) {
  const apps = new Map<string, { sealed: Buffer; answer: Promise<Answer> }>()
  const secrets = shared(0, async () => {
    const rows = await readDb
      .selectFrom('slack_connections')
      .select(['tenant_id', 'signing_secret_sealed'])
      .where('signing_secret_sealed', 'is not', null)
      .execute()
    return new Map(rows.map((row) => [row.tenant_id, row.signing_secret_sealed]))
  })
  return async (tenant_id: string): Promise<Answer | undefined> => {
    const sealed = (await secrets()).get(tenant_id)
    if (!seal || !sealed) {
      apps.delete(tenant_id)
      return undefined
    }
    const known = apps.get(tenant_id)
    if (known?.sealed.equals(sealed)) return known.answer
    const answer = load(tenant_id, seal.open(sealed, about('signing_secret_sealed', tenant_id)))
    apps.set(tenant_id, { sealed, answer })
    return answer
  }
}
