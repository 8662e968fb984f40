import { Capabilities, syncKinds, type SyncKind } from '../../capabilities.ts'
import type { Db } from '../../db/database.ts'
import { recordAudit } from '../record.ts'
import { openSync } from '../start_sync.ts'
import { actorOf, ofConnection, type By } from './connection.ts'

/** Has what an ad server holds read now, of one kind or of all it can be read for. Returns how many kinds; those under way already are joined. */
export async function syncNow(
  db: Db,
  { kind, whole, ...by }: By & { kind?: SyncKind; whole: boolean },
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const connection = await trx
      .selectFrom('adapter_configs')
      .select('capabilities')
      .where('tenant_id', '=', by.tenant_id)
      .where('connection_id', '=', by.connection_id)
      .where('archived_at', 'is', null)
      .executeTakeFirst()
    const able = Capabilities.safeParse(connection?.capabilities).data?.reads ?? {}
    const kinds = syncKinds.filter((one) => kind === undefined || one === kind)
    let started = 0
    for (const one of kinds) {
      const mode = able[one]
      if (!mode) continue
      const { connection_id, now } = by
      await openSync(trx, { connection_id, kind: one, mode, whole, asked_by: by.by, now })
      started++
    }
    if (started > 0)
      await recordAudit(trx, actorOf(by), {
        ...ofConnection(by, 'synchronise'),
        detail: { kinds: kind ?? 'all', whole },
      })
    return started
  })
}
