import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { reviewCreatives } from '../support/busy_creatives.ts'
import { aBanner, aSync, aTag, aVideo } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { member, type Answer, type Visitor } from '../support/visitor.ts'

const desk = testDesk()
const creatives = '/console/northwind/creatives'
let approver: Visitor & { name: string; user_id: string }
let buyer: TestBuyer
beforeAll(async () => {
  approver = await member(desk, 'approver', 'Abe Approver')
  buyer = await desk.buyer()
  await reviewCreatives(desk)
})
beforeEach(() => {
  desk.now = new Date(desk.now.getTime() + 60_000)
})

const pathOf = (creative_id: string, what = '', principal_id = 'pinnacle') =>
  `${creatives}/${encodeURIComponent(creative_id)}${what}?principal_id=${principal_id}`
const send = async (...sent: Args[]) => {
  const { isError, texts } = await buyer.call('sync_creatives', aSync({ creatives: sent }))
  expect(isError ? texts : []).toEqual([])
}
const statusOf = async (creative_id: string) => {
  const { body } = await buyer.call('list_creatives', { filters: { creative_ids: [creative_id] } })
  return (body['creatives'] as Args[])[0]
}
/** The version somebody has before them, as their form sends it. */
const seen = ({ html }: Answer) => ({ seen_at: /name="seen_at" value="([^"]*)"/.exec(html)?.[1] ?? '' })

describe('a person who reviews creatives', () => {
  it('sees what waits: the picture, whether it fits, whose it is and what for', async () => {
    const item = { creatives: [aBanner('first_banner', { name: 'First Banner' })] }
    const { body } = await buyer.call('create_media_buy', aPurchase({ package: item }, desk.now))
    const { html } = await approver.get(creatives)
    expect(html).toContain('First Banner')
    expect(html).toContain('src="https://cdn.acme-outdoor.example/first_banner.png"')
    expect(html).toContain('Fits Medium Rectangle 300x250')
    expect(html).toContain('for 1 package')
    const detail = await approver.get(pathOf('first_banner'))
    expect(detail.html).toContain(`/media_buys/${String(body['media_buy_id'])}"`)
  })

  it('approves one from the queue, and the buy that waited for it goes on', async () => {
    const item = { creatives: [aBanner('waited_for')] }
    const { body } = await buyer.call('create_media_buy', aPurchase({ package: item }, desk.now))
    const media_buy_ids = [body['media_buy_id']]
    const status = async () => {
      const answer = await buyer.call('get_media_buys', { media_buy_ids })
      return (answer.body['media_buys'] as Args[])[0]?.['status']
    }
    expect(await status()).toBe('pending_creatives')
    const page = await approver.get(pathOf('waited_for'))
    const answer = await approver.post(pathOf('waited_for', '/approve'), { from: 'queue', ...seen(page) })
    expect([answer.status, answer.to]).toEqual([303, creatives])
    expect(await status()).toBe('pending_start')
    const after = await approver.get(pathOf('waited_for'))
    expect(after.html).toContain('Abe Approver approved it')
    expect(after.html).not.toContain('/reject?')
    const line = await desk.db
      .selectFrom('audit_log')
      .select(['action', 'user_id'])
      .where('subject_kind', '=', 'creative')
      .where('subject_id', '=', 'waited_for')
      .executeTakeFirst()
    expect(line).toEqual({ action: 'approve', user_id: approver.user_id })
  })

  it('rejects one with a reason, which the buyer reads; without one is asked for it', async () => {
    await send(aBanner('too_loud'))
    const page = await approver.get(pathOf('too_loud'))
    const without = await approver.post(pathOf('too_loud', '/reject'), { reason: ' ', ...seen(page) })
    expect(without.status).toBe(422)
    expect(without.html).toContain('Say why')
    const reason = 'It blinks <b>far</b> too much.'
    await approver.post(pathOf('too_loud', '/reject'), { reason, ...seen(page) })
    expect(await statusOf('too_loud')).toMatchObject({
      status: 'rejected',
      ext: { salesdesk: { rejection_reason: reason } },
    })
    expect((await approver.get(pathOf('too_loud'))).html).toContain(
      'It blinks &lt;b&gt;far&lt;/b&gt; too much.',
    )
  })

  it('never decides on what the buyer sent after they looked, and no second time', async () => {
    await send(aBanner('swapped'))
    const looked = await approver.get(pathOf('swapped'))
    desk.now = new Date(desk.now.getTime() + 1000)
    await send(aBanner('swapped', { assets: aBanner('another')['assets'] }))
    const late = await approver.post(pathOf('swapped', '/approve'), seen(looked))
    expect((await approver.get(late.to ?? '')).html).toContain('the buyer has sent another version since')
    expect(await statusOf('swapped')).toMatchObject({ status: 'pending_review' })
    const again = await approver.get(pathOf('swapped'))
    await approver.post(pathOf('swapped', '/approve'), seen(again))
    const reason = 'Second thoughts'
    const second = await approver.post(pathOf('swapped', '/reject'), { reason, ...seen(again) })
    expect((await approver.get(second.to ?? '')).html).toContain('Abe Approver had decided before')
    expect(await statusOf('swapped')).toMatchObject({ status: 'approved' })
  })

  it('reads the source of a tag, which is never run, and sees no address that is not of the web', async () => {
    const script = '<script>steal(document.cookie)</script>'
    await send(
      { ...aTag('tag'), assets: { html_creative: { asset_type: 'html', content: script } } },
      aVideo('film'),
      aBanner('sly', {
        assets: {
          banner_image: { asset_type: 'image', url: 'javascript:steal()', width: 300, height: 250 },
          click_url: { asset_type: 'url', url: 'javascript:steal()' },
        },
      }),
    )
    const { html } = await approver.get(pathOf('tag'))
    expect(html).toContain('&lt;script&gt;steal(document.cookie)&lt;/script&gt;')
    expect(html).not.toContain(script)
    expect((await approver.get(pathOf('film'))).html).toContain(
      '<video src="https://cdn.acme-outdoor.example/film.mp4"',
    )
    const sly = (await approver.get(pathOf('sly'))).html
    expect(sly).toContain('<code>javascript:steal()</code>')
    expect(sly).not.toMatch(/(src|href)="javascript/)
  })

  it('finds any creative by words and status, whatever its id is made of', async () => {
    const odd = 'spring/50% off? #1'
    await send(aBanner(odd, { name: 'Odd One' }))
    const { html } = await approver.get(`${creatives}?q=ODD+one&status=pending_review`)
    const [, href = ''] = /href="([^"]*)">Odd One<\/a><\/span>/.exec(html) ?? []
    const page = await approver.get(href.replaceAll('&amp;', '&'))
    expect(page.status).toBe(200)
    await approver.post(pathOf(odd, '/approve'), seen(page))
    expect((await approver.get(`${creatives}?q=odd&status=approved`)).html).toContain('Odd One')
    expect((await approver.get(`${creatives}?q=odd&status=rejected`)).html).toContain(
      'No creative is like that',
    )
  })

  it('is asked which one is meant where two buyers use the same id', async () => {
    const other = await desk.buyer('acme_direct')
    await send(aBanner('same_id', { name: 'Of Pinnacle' }))
    const account = { brand: { domain: 'acmeoutdoor.example' }, operator: 'acmeoutdoor.example' }
    await other.call(
      'sync_creatives',
      aSync({ account, creatives: [aBanner('same_id', { name: 'Of Acme' })] }),
    )
    const { html } = await approver.get(`${creatives}/same_id`)
    expect(html).toContain('Of Pinnacle')
    expect(html).toContain('Of Acme')
    expect((await approver.get(pathOf('same_id', '', 'acme_direct'))).html).not.toContain('Of Pinnacle')
  })

  it('sees what the ad server has of it and what it said', async () => {
    await send(aBanner('placed'))
    const looked = await approver.get(pathOf('placed'))
    await approver.post(pathOf('placed', '/approve'), seen(looked))
    const item = { creative_assignments: [{ creative_id: 'placed' }] }
    await buyer.call('create_media_buy', aPurchase({ package: item }, desk.now))
    await desk.runJobs()
    const { html } = await approver.get(pathOf('placed'))
    expect(html).toContain('House ad server')
    expect(html).toContain('nothing against it')
  })
})

describe('creatives of another publisher', () => {
  it('are not there', async () => {
    await send(aBanner('ours'))
    await desk.db
      .insertInto('tenants')
      .values({ tenant_id: 'southwind', name: 'Southwind', currencies: ['EUR'] })
      .execute()
    const stranger = await member(desk, 'admin', 'Sue Stranger', 'southwind')
    expect((await stranger.get(pathOf('ours').replace('northwind', 'southwind'))).status).toBe(404)
    const answer = await stranger.post(pathOf('ours', '/approve').replace('northwind', 'southwind'))
    expect(answer.status).toBe(404)
    expect(await statusOf('ours')).toMatchObject({ status: 'pending_review' })
  })
})
