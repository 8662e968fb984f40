import type { Db } from '../../db/database.ts'
import { selectSharedAdvertisers } from '../../queries/shared_advertisers.ts'
import type { Finding } from './checks.ts'

const subject = 'advertisers'

/** Tells of advertisers that several claim: nothing is wrong with that, but what people book for them is nobody's. */
export async function checkAdvertisers(db: Db): Promise<Finding> {
  const [first, ...more] = await selectSharedAdvertisers(db).execute()
  if (!first) return { ok: true, subject, text: 'each is one buyer’s or account’s' }
  const { connection_id, advertiser_id, claimed_by } = first
  const others = more.length > 0 ? `, and ${more.length} more` : ''
  const text = `${advertiser_id} of ${connection_id} is claimed by ${claimed_by.join(' and ')}${others}: none of them sees what people book for it. To change that, name it in platform_mappings of one account`
  return { ok: true, subject, text }
}
