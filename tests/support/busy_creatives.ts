import { decideCreative } from '../../src/commands/decide_creative.ts'
import { setApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import { readApprovalPolicy } from '../../src/queries/approval_policy.ts'
import { aBanner, aSync, aTag, aVideo } from './creatives.ts'
import { aPurchase, type Args, type TestBuyer, type TestDesk } from './desk.ts'

/** From now on a person looks at every creative before it is shown. */
export async function reviewCreatives(desk: TestDesk): Promise<void> {
  const before = await desk.db.transaction().execute((trx) => readApprovalPolicy(trx, 'northwind'))
  await setApprovalPolicy(desk.db, {
    tenant_id: 'northwind',
    policy: { ...before, review_creatives: 'all' },
    actor: { kind: 'operator', name: 'Dana' },
  })
}

/** Creatives as they lie about on a desk: some that wait for review, one of them for a buy, one shown and one a person refused. */
export async function busyCreatives(desk: TestDesk, buyer: TestBuyer): Promise<void> {
  await reviewCreatives(desk)
  desk.now = new Date(Math.max(Date.now(), desk.now.getTime() + 1000))
  await done('sync_creatives', aSync({ creatives: [aBanner('spring_banner'), aBanner('loud_banner')] }))
  const by = { tenant_id: 'northwind', principal_id: 'pinnacle', decided_by: 'Dana', now: desk.now }
  await decideCreative(desk.db, { ...by, creative_id: 'spring_banner', decision: { type: 'approved' } })
  const reason = 'It blinks. Our readers have asked us to stop that.'
  await decideCreative(desk.db, { ...by, creative_id: 'loud_banner', decision: { type: 'rejected', reason } })
  await done('sync_creatives', aSync({ creatives: [aTag('summer_tag'), aVideo('summer_video')] }))
  const creatives = [aBanner('summer_banner', { name: 'Summer Sale 300x250' })]
  await done('create_media_buy', aPurchase({ package: { creatives } }, desk.now))
  await desk.runJobs()

  async function done(tool: string, args: Args) {
    const { isError, texts } = await buyer.call(tool, args)
    if (isError) throw new Error(`not done: ${texts.join(' ')}`)
  }
}
