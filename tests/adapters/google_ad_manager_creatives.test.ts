import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApprovedCreative, ApprovedPackage, Downloaded } from '../../src/adapters/adapter.ts'
import { aPng } from '../support/buyers_files.ts'
import type { Thing } from '../support/google_ad_manager/objects.ts'
import { aBuy, aPackage, connectTo, onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle } from '../support/google_ad_manager/server.ts'
import { banner } from './buys.ts'
import { thrown } from './conformance.ts'
import { placed } from './placed_on_google.ts'

let google: FakeGoogle
beforeAll(async () => {
  google = await startFakeGoogle()
})
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
})

describe('a creative', () => {
  test.each<[string, ApprovedCreative['assets'], ApprovedPackage['ad_server_config'], Thing]>([
    [
      'an image',
      banner.assets,
      onHomepage,
      {
        xsi_type: 'ImageCreative',
        primaryImageAsset: { fileName: '1.png', size: { width: '300', height: '250' } },
        destinationUrl: 'https://volta.example/',
      },
    ],
    [
      'HTML with a click address',
      {
        html: { asset_type: 'html', content: '<b>&</b>' },
        click_url: { asset_type: 'url', url: 'https://volta.example/' },
      },
      onHomepage,
      { xsi_type: 'CustomCreative', htmlSnippet: '<b>&</b>' },
    ],
    [
      'a third party’s tag',
      { tag: { asset_type: 'javascript', content: 'go()' } },
      onHomepage,
      { xsi_type: 'ThirdPartyCreative', snippet: '<script>go()</script>' },
    ],
    [
      'VAST',
      {
        vast: {
          asset_type: 'vast',
          delivery_type: 'url',
          url: 'https://ads.example/vast.xml',
          duration_ms: 15000,
        },
      },
      onHomepage,
      { xsi_type: 'VastRedirectCreative', vastXmlUrl: 'https://ads.example/vast.xml', duration: '15000' },
    ],
    [
      'a video at its address',
      {
        film: {
          asset_type: 'video',
          url: 'https://cdn.example/spot.mp4',
          width: 1280,
          height: 720,
          duration_ms: 15000,
          video_bitrate_kbps: 2500,
        },
        click_url: { asset_type: 'url', url: 'https://volta.example/' },
      },
      onHomepage,
      {
        xsi_type: 'VideoRedirectCreative',
        duration: '15000',
        destinationUrl: 'https://volta.example/',
        size: { width: '300', height: '250' },
        videoAssets: [
          {
            redirectUrl: 'https://cdn.example/spot.mp4',
            metadata: { mimeType: 'VIDEO_MP4', bitRate: '2500', size: { width: '1280', height: '720' } },
          },
        ],
      },
    ],
    [
      'sound at its address',
      { spot: { asset_type: 'audio', url: 'https://cdn.example/spot.mp3', duration_ms: 30000 } },
      { ...onHomepage, placeholders: [{ width: 1, height: 1 }] },
      {
        xsi_type: 'AudioRedirectCreative',
        destinationUrlType: 'NONE',
        audioAssets: [{ metadata: { mimeType: 'AUDIO_MP3', duration: '30000' } }],
      },
    ],
    [
      'a native template with a picture of its own',
      {
        headline: { asset_type: 'text', content: 'Spring' },
        picture: { asset_type: 'image', url: 'https://cdn.example/p.png', width: 9, height: 9 },
      },
      {
        ...onHomepage,
        placeholders: [
          {
            creative_template_id: '10004520',
            variables: { Headline: 'headline', Image: 'picture' },
            files: ['Image'],
          },
        ],
      },
      {
        xsi_type: 'TemplateCreative',
        creativeTemplateVariableValues: [
          { uniqueName: 'Headline', value: 'Spring' },
          { uniqueName: 'Image', asset: { fileName: 'p.png' } },
        ],
      },
    ],
    [
      'a native template',
      {
        headline: { asset_type: 'text', content: 'Spring' },
        picture: { asset_type: 'image', url: 'https://cdn.example/p.png', width: 9, height: 9 },
      },
      {
        ...onHomepage,
        placeholders: [
          { creative_template_id: '10004520', variables: { Headline: 'headline', Image: 'picture' } },
        ],
      },
      {
        xsi_type: 'TemplateCreative',
        creativeTemplateId: '10004520',
        creativeTemplateVariableValues: [
          { uniqueName: 'Headline', value: 'Spring' },
          { uniqueName: 'Image', value: 'https://cdn.example/p.png' },
        ],
      },
    ],
  ])(
    'that is %s is Google’s own kind of it, and shown',
    async (_name, assets, ad_server_config, expected) => {
      const creative = { ...banner, assets }
      const order = await placed(google, [{ ...aPackage({ ad_server_config }), creatives: [creative] }])
      await order.do(order.plan({ kind: 'upload_creative', creative }))
      const stored = google.books.creatives.at(-1)
      expect(stored).toMatchObject({ ...expected, advertiserId: '5001' })
      expect(stored?.['name']).toBe(`Spring banner [adcp:${order.buy.media_buy_id}:banner_1:a1b2]`)
      const { package_id } = order.pkg
      await order.do(
        order.plan({ kind: 'attach_creative', package_id, creative: { ...creative, weight: null } }),
      )
      expect(await order.status()).toBe('READY')
    },
  )

  test('taken off and put back is shown again, once', async () => {
    const order = await placed(google, [{ ...aPackage(), creatives: [banner] }])
    const { package_id } = order.pkg
    await order.do(order.plan({ kind: 'upload_creative', creative: banner }))
    const attach = order.plan({ kind: 'attach_creative', package_id, creative: banner })
    const detach = order.plan({ kind: 'detach_creative', package_id, creative: banner })
    for (const step of [attach, attach, detach, detach, attach]) await order.send(step)
    expect(google.books.associations.filter(({ lineItemId }) => lineItemId === order.item()['id'])).toEqual([
      expect.objectContaining({ status: 'ACTIVE' }),
    ])
  })

  test('Google’s review objects to is refused', async () => {
    const order = await placed(google, [{ ...aPackage(), creatives: [banner] }])
    const { package_id } = order.pkg
    await order.do(order.plan({ kind: 'upload_creative', creative: banner }))
    Object.assign(google.books.creatives.at(-1) ?? {}, { policyLabels: ['MALWARE_IN_CREATIVE'] })
    const step = order.plan({ kind: 'attach_creative', package_id, creative: banner })
    expect(await order.send(step)).toMatchObject({
      type: 'creative_refused',
      creative_id: 'banner_1',
      reason: expect.stringContaining('MALWARE_IN_CREATIVE'),
    })
  })

  test.each<[string, ApprovedCreative['assets']]>([
    ['inline', { vast: { asset_type: 'vast', delivery_type: 'inline', content: '<VAST/>' } }],
    ['clicked', { banner_image: banner.assets['banner_image'] }],
    ['how long', { video: { asset_type: 'video', url: 'https://cdn.example/1.mp4', width: 1, height: 1 } }],
    ['DAAST', { tag: { asset_type: 'daast', delivery_type: 'url', url: 'https://ads.example/daast.xml' } }],
    ['no image', { words: { asset_type: 'text', content: 'Spring' } }],
    [
      'no script',
      {
        ...banner.assets,
        viewability: { asset_type: 'url', url: 'https://t.example/v.js', url_type: 'tracker_script' },
      },
    ],
    [
      'impressions and clicks',
      {
        ...banner.assets,
        seen: { asset_type: 'pixel_tracker', event: 'viewable_mrc_50', url: 'https://t.example/v' },
      },
    ],
  ])('Google has no form for is refused, and why: %s', (why, assets) => {
    const creative = { ...banner, assets }
    const buy = aBuy([{ ...aPackage(), creatives: [creative] }])
    expect(
      thrown(() => connectTo(google).planChange({ kind: 'upload_creative', creative }, buy)),
    ).toMatchObject({
      class: 'permanent',
      message: expect.stringContaining(why),
    })
  })
})

const zip = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), Buffer.alloc(100)])
const digest = `sha256:${createHash('sha256').update(zip).digest('hex')}`
const archive = (more = {}) => ({
  bundle: { asset_type: 'zip', url: 'https://cdn.example/spring%20banner.zip', digest, ...more },
})

describe('a file of the buyer', () => {
  const upload = async (assets: ApprovedCreative['assets'], file: Downloaded) => {
    const creative = { ...banner, assets }
    const asked: { url: string; most_bytes: number }[] = []
    const adapter = connectTo(google, {}, google.serviceAccount, (url, { most_bytes }) => {
      asked.push({ url, most_bytes })
      return Promise.resolve(file)
    })
    const order = await placed(google, [{ ...aPackage(), creatives: [creative] }], true, adapter)
    const outcome = await order.send(order.plan({ kind: 'upload_creative', creative }))
    return { outcome, asked }
  }
  const file = (bytes: Buffer): Downloaded => ({ type: 'file', bytes })

  test('that is an HTML5 archive is copied to Google, with who is told of it', async () => {
    const { outcome, asked } = await upload(
      {
        ...archive({ max_file_size_kb: 200 }),
        impression_tracker: {
          asset_type: 'url',
          url: 'https://t.example/i?cb={CACHEBUSTER}',
          url_type: 'tracker_pixel',
        },
        seen: { asset_type: 'pixel_tracker', event: 'impression', url: 'https://t.example/seen' },
        click_tracker: { asset_type: 'url', url: 'https://t.example/c', url_type: 'tracker_pixel' },
      },
      file(zip),
    )
    expect(outcome).toMatchObject({ type: 'done' })
    expect(asked).toEqual([{ url: 'https://cdn.example/spring%20banner.zip', most_bytes: 200_000 }])
    expect(google.books.creatives.at(-1)).toMatchObject({
      xsi_type: 'Html5Creative',
      html5Asset: { fileName: 'spring_20banner.zip', fileSize: '104' },
      thirdPartyImpressionTrackingUrls: ['https://t.example/i?cb=%%CACHEBUSTER%%', 'https://t.example/seen'],
      thirdPartyClickTrackingUrl: 'https://t.example/c',
    })
  })

  test.each<[string, ApprovedCreative['assets'], Downloaded, string]>([
    ['an image of another size', banner.assets, file(aPng(728, 90)), '728x90 and not 300x250'],
    ['no image', banner.assets, file(Buffer.from('<html>')), 'no image'],
    ['an image Google does not show', banner.assets, file(aWebp()), 'PNG, JPEG and GIF'],
    ['no archive', archive(), file(aPng(1, 1)), 'no zip archive'],
    ['another archive', archive({ digest: 'sha256:00' }), file(zip), 'digest'],
    [
      'gone',
      banner.assets,
      { type: 'unavailable', why: 'the answer was HTTP 404', lasting: true },
      'HTTP 404',
    ],
  ])('that is %s is refused, and Google gets nothing', async (_name, assets, given, why) => {
    const before = google.books.creatives.length
    const { outcome } = await upload(assets, given)
    expect(outcome).toMatchObject({ type: 'creative_refused', reason: expect.stringContaining(why) })
    expect(google.books.creatives).toHaveLength(before)
  })

  test('whose host does not answer now is asked for again', async () => {
    const { outcome } = await upload(banner.assets, {
      type: 'unavailable',
      why: 'no answer in time',
      lasting: false,
    })
    expect(outcome).toMatchObject({ type: 'wait', reason: 'waiting_for_asset' })
  })
})

test('AdCP’s macros in a creative become Google’s, and its ids are written in', async () => {
  const creative: ApprovedCreative = {
    ...banner,
    assets: {
      tag: {
        asset_type: 'html',
        content:
          '<a href="{CLICK_URL}https://volta.example/"><img src="https://t.example/{MEDIA_BUY_ID}/{CREATIVE_ID}?r={CLICK_URL}&d={DOMAIN}&p={PACKAGE_ID}&x={DEVICE_ID}"></a><style>.a{COLOR:red} .b{}</style>{UNHEARD_OF}',
      },
    },
  }
  const order = await placed(google, [{ ...aPackage(), creatives: [creative] }])
  await order.do(order.plan({ kind: 'upload_creative', creative }))
  expect(google.books.creatives.at(-1)?.['snippet']).toBe(
    `<a href="%%CLICK_URL_UNESC%%https://volta.example/"><img src="https://t.example/${order.buy.media_buy_id}/banner_1?r=%%CLICK_URL_ESC%%&d=%%SITE%%&p=&x=%%ADVERTISING_IDENTIFIER_PLAIN%%"></a><style>.a{COLOR:red} .b{}</style>{UNHEARD_OF}`,
  )
})

/** The beginning of a WebP picture of one pixel. */
function aWebp(): Buffer {
  return Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64')
}
