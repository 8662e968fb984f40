import type { Db } from '../db/database.ts'
import type { Seal } from '../seal.ts'
import { about } from '../sealed_columns.ts'
import { recordAudit } from './record.ts'

export interface BearerToKeep {
  tenant_id: string
  creative_agent_id: string
  /** Left out: the one that is kept is forgotten. */
  bearer: { seal: Seal; plain: string } | undefined
  by: string
  now: Date
}

/** Keeps the token a creative agent knows the publisher by, sealed, in place of the one before; the agent is then read at once. */
export async function keepBearer(db: Db, { bearer, by, now, ...agent }: BearerToKeep): Promise<void> {
  const { tenant_id, creative_agent_id } = agent
  const kept = bearer && {
    bearer_sealed: bearer.seal.close(bearer.plain, about('bearer_sealed', creative_agent_id)),
    bearer_set_at: now,
    bearer_set_by: by,
  }
  const none = { bearer_sealed: null, bearer_set_at: null, bearer_set_by: null }
  await db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('creative_agents')
      .select(['name', 'bearer_set_by as set_by', 'bearer_set_at as set_at'])
      .where('tenant_id', '=', tenant_id)
      .where('creative_agent_id', '=', creative_agent_id)
      .forUpdate()
      .executeTakeFirst()
    await trx
      .updateTable('creative_agents')
      .set({ ...(kept ?? none), next_read_at: null })
      .where('tenant_id', '=', tenant_id)
      .where('creative_agent_id', '=', creative_agent_id)
      .execute()
    const actor = { kind: 'operator', name: by } as const
    const action = kept ? 'set_secret' : 'remove_secret'
    await recordAudit(trx, actor, {
      tenant_id,
      action,
      subject_kind: 'creative_agent',
      subject_id: creative_agent_id,
      detail: { before: before ?? null },
    })
  })
}
