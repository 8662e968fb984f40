import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, testBrowser } from '../support/browser.ts'
import { testDesk } from '../support/desk.ts'
import { connectedPeople, waitingPurchase } from '../support/slack/people.ts'
import { signingSecret, slackToken, startSlack } from '../support/slack/server.ts'
import { signedSlack } from '../support/slack/signed.ts'
import { member, type Visitor } from '../support/visitor.ts'

const slack = await startSlack()
const desk = testDesk({
  SLACK_BOT_TOKEN: slackToken,
  SLACK_SIGNING_SECRET: signingSecret,
  SLACK_API_URL: slack.apiUrl,
})
const browser = testBrowser()
const { click } = signedSlack(desk, slack)
let dana: Visitor
beforeAll(async () => {
  await connectedPeople(desk, slack)
  dana = await member(desk, 'approver', 'Dana Weber')
})

/** The page stays as it was opened: whatever is seen on it came by itself. */
async function openPage(path: string): Promise<Page> {
  const page = await browser.open(desk, dana)
  page.setDefaultTimeout(10_000)
  const listens = page.waitForResponse((response) => response.url().endsWith('/live'))
  await page.goto(`/console/northwind${path}`)
  await listens
  await page.evaluate('window.neverLoadedAgain = true')
  return page
}
const isTheSame = (page: Page) => page.evaluate('window.neverLoadedAgain === true')

describe.runIf(hasBrowser)('a page of the console that is open', () => {
  it('shows at once what somebody decides in Slack', async () => {
    const { step, value } = await waitingPurchase(desk)
    const [list, detail] = [await openPage('/approvals'), await openPage(`/approvals/${step}`)]
    const link = list.locator(`a[href$="${step}"]`)
    await link.first().waitFor()
    await detail.getByRole('button', { name: 'Approve' }).waitFor()

    expect(await click('kim', 'approve', value)).toBe(200)

    await detail.getByText('by kim').first().waitFor()
    await detail.getByRole('button', { name: 'Approve' }).waitFor({ state: 'detached' })
    await list.locator(`a[href$="${step}"]`).waitFor({ state: 'detached' })
    expect([await isTheSame(list), await isTheSame(detail)]).toEqual([true, true])
  })

  it('shows at once what an agent asks for', async () => {
    const page = await openPage('/approvals')
    const { step } = await waitingPurchase(desk)
    await page.locator(`a[href$="${step}"]`).first().waitFor()
    expect(await isTheSame(page)).toBe(true)
  })
})

describe.runIf(hasBrowser)('a decision made in the console', () => {
  it('changes the message in Slack for everyone, and a click that comes after it changes nothing', async () => {
    const { step, value } = await waitingPurchase(desk)
    const page = await openPage(`/approvals/${step}`)
    await page.getByLabel('Reason').fill('The podcast is sold out in December.')
    await page.getByRole('button', { name: 'Reject' }).click()
    await page.getByRole('status').waitFor()
    await desk.runJobs()

    const message = () => slack.messages().then((all) => JSON.stringify(all.at(-1)))
    expect(await message()).toContain('Rejected by Dana Weber')
    expect(await message()).toContain('The podcast is sold out in December.')
    expect(await message()).not.toContain('"action_id":"approve"')
    expect(await click('kim', 'approve', value)).toBe(200)
    await desk.runJobs()
    expect(await message()).toContain('Rejected by Dana Weber')
  })
})
