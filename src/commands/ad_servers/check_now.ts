import type { Db } from '../../db/database.ts'
import { recordAudit } from '../record.ts'
import { askCheck } from './ask_check.ts'
import { actorOf, lockConnection, ofConnection, type By } from './connection.ts'

/** Has a worker look how it is to connect there; whoever asks while one looks waits for the same. False where there is no such connection. */
export async function checkNow(db: Db, by: By): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockConnection(trx, by))) return false
    await askCheck(trx, by)
    await recordAudit(trx, actorOf(by), ofConnection(by, 'check_connection'))
    return true
  })
}
