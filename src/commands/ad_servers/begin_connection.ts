import type { AdServerKind, SettingProblem } from '../../ad_server_kinds.ts'
import { jsonb, type Db } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import type { Seal } from '../../seal.ts'
import { recordAudit } from '../record.ts'
import { keepAdServerSecret } from '../set_ad_server_secret.ts'
import { askCheck } from './ask_check.ts'
import { actorOf, ofConnection, type By } from './connection.ts'

export interface Begun extends Omit<By, 'connection_id'> {
  kind: AdServerKind
  name: string
  settings: Record<string, unknown>
  /** What the ad server knows the publisher by; undefined where it asks for nothing. */
  secret: { text: string; seal: Seal } | undefined
}
export type BeginOutcome =
  { type: 'begun'; connection_id: string } | { type: 'refused'; problems: SettingProblem[] }

/**
 * Begins to connect an ad server: keeps its secret sealed and has a worker look how it is to connect there. Nobody uses it before
 * somebody says so (finishConnection).
 */
export async function beginConnection(
  db: Db,
  { kind, name, settings, secret, ...who }: Begun,
): Promise<BeginOutcome> {
  const problems = kind.problemsOf(settings)
  const wrong = kind.secret && kind.secretProblem(secret?.text ?? '')
  if (wrong) problems.push({ setting: 'secret', message: wrong })
  if (problems.length > 0) return { type: 'refused', problems }
  const by: By = { ...who, connection_id: newId('conn') }
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('adapter_configs')
      .values({
        connection_id: by.connection_id,
        tenant_id: by.tenant_id,
        kind: kind.kind,
        name,
        settings: jsonb(settings),
        kept_in: 'console',
        created_at: by.now,
        connected_at: null,
        archived_at: by.now,
      })
      .execute()
    if (secret) await keepAdServerSecret(trx, secret.seal, { ...by, secret: secret.text })
    await askCheck(trx, by)
    await recordAudit(trx, actorOf(by), {
      ...ofConnection(by, 'begin_connection'),
      detail: { kind: kind.kind, name, settings },
    })
  })
  return { type: 'begun', connection_id: by.connection_id }
}
