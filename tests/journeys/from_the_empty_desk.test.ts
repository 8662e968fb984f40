import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { firstPersonLink } from '../../src/cli/first_person.ts'
import { PublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { hasBrowser, testBrowser } from '../support/browser.ts'
import { aPurchase, connectBuyer, testDesk } from '../support/desk.ts'
import { visitor } from '../support/visitor.ts'

const desk = testDesk()
const browser = testBrowser()

/** All that is said of a publisher before anybody has opened the console. */
const newcomer = {
  tenant: {
    tenant_id: 'lakeside',
    name: 'Lakeside Post',
    currencies: ['EUR'],
    sells_unverified: true,
    agent_url: 'https://lakeside-post.example/agent',
  },
  publishers: [
    {
      publisher_domain: 'lakeside-post.example',
      name: 'Lakeside Post',
      properties: [{ property_id: 'lakeside_web', property_type: 'website', name: 'Lakeside web' }],
    },
  ],
  formats: [
    {
      format_id: 'rectangle',
      name: 'Medium rectangle',
      renders: [{ dimensions: { width: 300, height: 250 } }],
      assets: [{ asset_id: 'image', asset_type: 'image' }],
    },
  ],
}

describe.runIf(hasBrowser)('a publisher', () => {
  it('goes from the empty desk to the first approved buy in a browser', { timeout: 90_000 }, async () => {
    await savePublisher(desk.db, PublisherFile.parse(newcomer))
    const page = await browser.open(desk, visitor(desk))
    page.setDefaultTimeout(10_000)

    await page.goto((await firstPersonLink(desk.db, `${desk.url}/console`)) ?? 'no link')
    await page.getByLabel('Your name').fill('Lea Lindner')
    await page.getByLabel('Email').fill('lea@lakeside-post.example')
    await page.getByLabel('Password').fill('a lake full of rowing boats')
    await page.getByRole('button', { name: 'Come in' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()

    await connectAdServer(page)
    await makeProduct(page)
    const token = await makeBuyer(page)

    const { client, call } = await connectBuyer(`${desk.url}/mcp`, token)
    const { body } = await call('get_products', { buying_mode: 'brief', brief: 'rowing on the lake' })
    const [product] = body['products'] as {
      product_id: string
      pricing_options: { pricing_option_id: string }[]
    }[]
    const bought = await call(
      'create_media_buy',
      aPurchase(
        {
          account: { brand: { domain: 'oars.example' }, operator: 'oars.example' },
          brand: { domain: 'oars.example' },
          package: {
            product_id: product?.product_id,
            pricing_option_id: product?.pricing_options[0]?.pricing_option_id,
            bid_price: undefined,
          },
        },
        desk.now,
      ),
    )
    expect(bought.texts.join(' ')).toContain('submitted')
    const task_id = bought.body['task_id']

    await page.getByRole('link', { name: 'Approvals' }).click()
    await page.getByRole('link', { name: /Oars.*wants to buy/i }).click()
    await page.getByRole('button', { name: 'Approve', exact: true }).click()
    await page.getByRole('status').waitFor()
    await desk.runJobs()
    const { body: task } = await call('tasks_get', { task_id, include_result: true })
    expect(task).toMatchObject({ status: 'completed' })
    await page.getByRole('link', { name: 'Media buys' }).click()
    await page.getByRole('link', { name: 'oars.example' }).click()
    await page.getByText('Order stands on the ad server').waitFor()
    await client.close()
  })
})

async function connectAdServer(page: Page) {
  await page.getByRole('link', { name: 'Ad servers' }).click()
  await page
    .getByRole('link', { name: /Connect/ })
    .first()
    .click()
  await page.getByRole('link', { name: /simulated/i }).click()
  await page.getByLabel('Name').fill('To try things')
  await page.getByRole('button', { name: 'Test it' }).click()
  await page.getByText('A worker tests the connection now.').waitFor()
  await desk.runJobs()
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByText('products may be sold over it').first().waitFor()
  await desk.runJobs()
}

async function makeProduct(page: Page) {
  await page.getByRole('link', { name: 'Products' }).click()
  await page.getByRole('link', { name: 'New product' }).first().click()
  await page.getByLabel('Name', { exact: true }).fill('Lakeside Rowing Pages')
  await page.getByLabel('Id', { exact: true }).fill('rowing_pages')
  await page.getByLabel('Description').fill('Banners on every page about rowing on the lake.')
  await page.getByLabel('Display', { exact: true }).check()
  await page.getByLabel('All of Lakeside Post').check()
  await page.getByLabel(/Medium rectangle/).check()
  await page.getByLabel('Approval').selectOption('person')
  await page.getByLabel('Price or floor').fill('12')
  await page.getByRole('button', { name: 'Put it on sale' }).click()
  await page.getByText('Buyers find it from now on.').waitFor()
}

async function makeBuyer(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'Buyers' }).click()
  await page.getByRole('link', { name: 'New buyer' }).first().click()
  await page.getByLabel('Name', { exact: true }).fill('Oars and Sons')
  await page.getByRole('button').last().click()
  await page.getByText('may buy here once it has a token').waitFor()
  await page.getByRole('button', { name: 'Make a token' }).click()
  const token = await page.locator('textarea').first().inputValue()
  await page.getByRole('link', { name: 'I have it' }).click()
  return token
}
