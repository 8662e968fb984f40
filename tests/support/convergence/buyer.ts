import { aBanner, aSync } from '../creatives.ts'
import type { Args, TestBuyer, TestDesk } from '../desk.ts'
import { aChange } from '../updates.ts'
import type { Asked } from './moves.ts'

let serial = 0
/** A buyer of one media buy, who goes on changing it through its own tools, whatever it is answered. */
export function aBuyerOf(desk: TestDesk, buyer: TestBuyer, mediaBuyId: string, item: Args) {
  const mine = ++serial
  const library = [0, 1].map((n) => ({ creative_id: `story_${mine}_${n}`, version: 0 }))
  let brought = false
  const banner = ({ creative_id, version }: { creative_id: string; version: number }) =>
    aBanner(creative_id, { name: `${creative_id} v${version}` })
  const inDays = (days: number) => new Date(desk.now.getTime() + days * 86_400_000).toISOString()

  const packages = async () => {
    const rows = await desk.db
      .selectFrom('media_packages')
      .select('package_id')
      .where('media_buy_id', '=', mediaBuyId)
      .orderBy('position')
      .execute()
    return rows.map(({ package_id }) => package_id)
  }
  const told = async (asked: readonly Asked[]): Promise<Args> => {
    const ids = await packages()
    const changes = new Map<string, Args>()
    const args: Args = {}
    for (const one of asked) {
      if ('end_day' in one) args['end_time'] = inDays(one.end_day)
      else if ('add_package' in one) args['new_packages'] = [{ ...item, ...one.add_package }]
      else if (!('package' in one)) args['paused'] = one.paused
      else {
        const package_id = ids[one.package % ids.length] ?? ''
        changes.set(package_id, { ...changes.get(package_id), package_id, ...spoken(one) })
      }
    }
    return changes.size === 0 ? args : { ...args, packages: [...changes.values()] }
  }
  const spoken = ({ package: _which, ...rest }: Extract<Asked, { package: number }>): Args => {
    if ('geo_countries' in rest) return { targeting_overlay: rest }
    if (!('creatives' in rest)) return rest
    const creative_assignments = rest.creatives.map(({ creative, weight }) => ({
      creative_id: library[creative]?.creative_id,
      ...(weight !== undefined && { weight }),
    }))
    return { creative_assignments }
  }
  const bringCreatives = async () => {
    if (brought) return
    brought = true
    await buyer.call('sync_creatives', aSync({ creatives: library.map(banner) }))
  }
  return {
    async asks(asked: readonly Asked[]) {
      if (asked.some((one) => 'creatives' in one)) await bringCreatives()
      await buyer.call('update_media_buy', aChange(mediaBuyId, await told(asked)))
    },
    renews: async (which: number) => {
      const one = library[which]
      if (!one || !brought) return
      one.version += 1
      await buyer.call('sync_creatives', aSync({ creatives: [banner(one)] }))
    },
    cancels: async () => void (await buyer.call('update_media_buy', aChange(mediaBuyId, { canceled: true }))),
  }
}
