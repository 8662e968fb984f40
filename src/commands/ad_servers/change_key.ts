import type { AdServerKind, SettingProblem } from '../../ad_server_kinds.ts'
import { jsonb, type Db } from '../../db/database.ts'
import type { Seal } from '../../seal.ts'
import { recordAudit } from '../record.ts'
import { keepAdServerSecret } from '../set_ad_server_secret.ts'
import { askCheck } from './ask_check.ts'
import { actorOf, lockConnection, ofConnection, type By } from './connection.ts'

export type KeyOutcome = { type: 'changed' | 'not_found' } | { type: 'refused'; problems: SettingProblem[] }

/** Keeps a new secret of a connection sealed, and where it is sent from now on. A worker looks whether it opens the door. */
export async function changeKey(
  db: Db,
  kind: AdServerKind,
  {
    seal,
    secret,
    addresses,
    ...by
  }: By & {
    seal: Seal
    secret: string
    addresses: Record<string, unknown>
  },
): Promise<KeyOutcome> {
  const wrong = kind.secretProblem(secret)
  if (wrong !== undefined) return { type: 'refused', problems: [{ setting: 'secret', message: wrong }] }
  return db.transaction().execute(async (trx) => {
    const before = await lockConnection(trx, by)
    if (!before) return { type: 'not_found' }
    const isAddress = (name: string) => kind.fields.some((field) => field.name === name && field.address)
    const rest = Object.fromEntries(Object.entries(before.settings).filter(([name]) => !isAddress(name)))
    const settings = { ...rest, ...addresses }
    const problems = kind.problemsOf(settings)
    if (problems.length > 0) return { type: 'refused', problems }
    await keepAdServerSecret(trx, seal, { ...by, secret })
    await trx
      .updateTable('adapter_configs')
      .set({ settings: jsonb(settings) })
      .where('connection_id', '=', by.connection_id)
      .execute()
    await askCheck(trx, by, true)
    await recordAudit(trx, actorOf(by), { ...ofConnection(by, 'change_key'), detail: { addresses } })
    return { type: 'changed' }
  })
}
