import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type BrowserContext, type Page, type Route } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { aPng } from './buyers_files.ts'
import type { TestDesk } from './desk.ts'
import type { Visitor } from './visitor.ts'

/** Where Debian and others put it; CHROMIUM names another place. */
const places = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
const executablePath = places.find((path) => path !== undefined && existsSync(path))
/** Tests in a real browser are left out where there is none; `.ci/run` installs one. */
export const hasBrowser = executablePath !== undefined
if (!hasBrowser)
  console.warn(
    '\n!!! No chromium found: tests of the console in a real browser are SKIPPED (apt-get install chromium, or set CHROMIUM).\n',
  )

export const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const
export type Look = keyof typeof looks

/** A real browser for the test file that calls this. */
export function testBrowser(): { open(desk: TestDesk, who: Visitor, look?: Look): Promise<Page> } {
  let browser: Browser | undefined
  const contexts: BrowserContext[] = []
  beforeAll(async () => {
    if (executablePath !== undefined)
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.close()))
    await browser?.close()
  })
  return {
    async open(desk, who, look = 'light') {
      if (!browser) throw new Error('There is no browser; guard the test with hasBrowser.')
      const context = await browser.newContext({
        ...looks[look],
        baseURL: desk.url,
        // else what changes its colour is seen while it does
        reducedMotion: 'reduce',
      })
      contexts.push(context)
      await context.route(/^https:/, answerAsBuyersHosts)
      const cookies = [...who.cookies].map(([name, value]) => ({ name, value, url: desk.url }))
      await context.addCookies(cookies)
      return context.newPage()
    },
  }
}

/** Shows the page that is open in another look; nothing is loaded again. */
export async function wear(page: Page, look: Look): Promise<void> {
  const { colorScheme, viewport } = looks[look]
  await page.emulateMedia({ colorScheme })
  await page.setViewportSize(viewport)
}

/** The hosts of all buyers: a picture at every address. */
const answerAsBuyersHosts = (route: Route) => {
  const [, width = '300', height = '250'] = /(\d+)x(\d+)/.exec(route.request().url()) ?? []
  return route.fulfill({ contentType: 'image/png', body: aPng(Number(width), Number(height)) })
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** The rules that depend on colours. */
export const ofColours = ['color-contrast', 'link-in-text-block']

/** What is wrong with the page for people who see, hear or point less well, a line each; by all rules or by these. */
export async function barriers(page: Page, rules?: string[]): Promise<string[]> {
  // into the page by way of the debugger: the page's own policy lets no foreign script in
  if (!(await page.evaluate<boolean>(`'axe' in globalThis`))) await page.evaluate(readFileSync(axe, 'utf8'))
  return page.evaluate(
    async (options) => {
      const { axe } = globalThis as unknown as {
        axe: {
          run(options: object): Promise<{
            violations: { id: string; help: string; nodes: { html: string }[] }[]
          }>
        }
      }
      const { violations } = await axe.run(options)
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`),
      )
    },
    // what is well is not written down: that takes half of the time
    { reporter: 'no-passes', resultTypes: ['violations'], ...(rules && { runOnly: rules }) },
  )
}

/** Whether something sticks out at the side, so that the page as a whole must be moved to be read. */
export const sticksOut = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth')
