import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { enqueue } from '../../src/jobs.ts'
import { hasBrowser, testBrowser } from '../support/browser.ts'
import { testDesk } from '../support/desk.ts'
import { startFakeKevel } from '../support/kevel/server.ts'
import { connectKevel } from '../support/synchronisation.ts'
import { member, type Visitor } from '../support/visitor.ts'

const kevel = await startFakeKevel()
const desk = testDesk({ SALESDESK_SECRET_KEVEL: kevel.key })
const browser = testBrowser()
let manager: Visitor
beforeAll(async () => {
  await connectKevel(desk, kevel)
  manager = await member(desk, 'manager')
})

/** The page stays as it was opened: whatever is seen on it came by itself. */
async function open(path: string): Promise<Page> {
  const page = await browser.open(desk, manager)
  page.setDefaultTimeout(10_000)
  await page.goto(`/console/northwind${path}`)
  await page.evaluate('window.neverLoadedAgain = true')
  return page
}
const isTheSame = (page: Page) => page.evaluate('window.neverLoadedAgain === true')

describe.runIf(hasBrowser)('the form of a product', () => {
  it('gets another price and loses it, shows what a buyer will see, and keeps every word typed meanwhile', async () => {
    const page = await open('/products/news_billboard/edit')
    const preview = page.locator('#preview')
    await page.getByLabel('Description').fill('Half a page at breakfast.')
    await page.keyboard.press('Tab')
    await preview.getByText('Half a page at breakfast.').waitFor()
    const prices = page.locator('#prices fieldset')
    const before = await prices.count()
    await page.getByRole('button', { name: 'Add a price' }).click()
    await prices.nth(before).waitFor()
    await prices.nth(before).getByLabel('Model').selectOption('vcpm')
    await prices.nth(before).getByLabel('Price or floor').fill('19.5')
    await page.keyboard.press('Tab')
    await preview.getByText('19.50').waitFor()
    await page.getByRole('button', { name: `Remove price ${before + 1}` }).click()
    await prices.nth(before).waitFor({ state: 'detached' })
    await preview.getByText('19.50').waitFor({ state: 'detached' })
    expect(await page.getByLabel('Description').inputValue()).toBe('Half a page at breakfast.')
    expect(await isTheSame(page)).toBe(true)
    await page.getByRole('button', { name: 'Save', exact: true }).last().click()
    await page.getByText('Saved. Buyers see it from now on.').waitFor()
  })

  it('that comes back has the cursor where the first thing is wrong', async () => {
    const page = await open('/products/new')
    await page.getByLabel('Name', { exact: true }).fill('Half done')
    await page.keyboard.press('Enter')
    await page.getByText('Nothing is saved yet').waitFor()
    expect(await page.evaluate('document.activeElement.name')).toBe('description')
  })

  it('walks through the inventory of the ad server it is moved to, and keeps what is ticked on the way', async () => {
    const page = await open('/products/trail_display_run_of_site/edit')
    await page.getByLabel('Ad server', { exact: true }).selectOption('kevel')
    await page.getByRole('button', { name: '2 inside Northwind', exact: true }).waitFor()
    await page.getByLabel('Northwind Trails').check()
    await page.getByRole('button', { name: '2 inside Northwind', exact: true }).click()
    await page.getByLabel('Homepage top').check()
    expect(await page.getByLabel('Northwind Trails').isChecked()).toBe(true)
    await page.getByLabel('Find inventory').fill('article')
    await page.getByRole('button', { name: 'Find', exact: true }).click()
    await page.getByLabel('Article side').waitFor()
    expect(await page.getByLabel('Homepage top').isChecked()).toBe(true)
    expect(await isTheSame(page)).toBe(true)
  })
})

describe.runIf(hasBrowser)('the page of jobs', () => {
  it('shows by itself what came into the queue and what was done', async () => {
    const page = await open('/jobs')
    const job = page.getByText('Read what was delivered on Kevel')
    const later = new Date(desk.now.getTime() + 86_400_000)
    await desk.db
      .transaction()
      .execute((trx) => enqueue(trx, 'read_delivery', { connection_id: 'kevel' }, later))
    await job.waitFor()
    desk.now = later
    await desk.runJobs()
    await job.waitFor({ state: 'detached' })
    expect(await isTheSame(page)).toBe(true)
  })
})
