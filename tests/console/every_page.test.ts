import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  barriers,
  hasBrowser,
  looks,
  ofColours,
  sticksOut,
  testBrowser,
  wear,
  type Look,
} from '../support/browser.ts'
import { aBusyDay } from '../support/busy_desk.ts'
import { testDesk } from '../support/desk.ts'
import { freePort } from '../support/free_port.ts'
import { pagesOf, pathsOf } from '../support/pages_of_console.ts'
import { member, visitor, type Visitor } from '../support/visitor.ts'

const port = String(await freePort())
const PUBLIC_URL = `http://127.0.0.1:${port}`
const desk = testDesk({ PORT: port, PUBLIC_URL, OAUTH_ISSUER: 'https://login.pinnacle-agency.example' })
const browser = testBrowser()
let admin: Visitor
let pages: Map<string, string>
beforeAll(async () => {
  await aBusyDay(desk)
  admin = await member(desk, 'admin')
  pages = await pagesOf(admin)
})

describe('a publisher', () => {
  it('reaches every page there is by following links from the first one', () => {
    expect([...pages.keys()].sort()).toEqual(pathsOf('GET').sort())
  })
})

describe('a style', () => {
  it('means one thing: no class is set up in two style sheets', () => {
    const sheets = new URL('../../src/console/assets/styles/', import.meta.url)
    const where = new Map<string, Set<string>>()
    for (const sheet of readdirSync(sheets))
      for (const [, name = ''] of readFileSync(new URL(sheet, sheets), 'utf8').matchAll(/^(\.[\w-]+) \{/gm))
        where.set(name, (where.get(name) ?? new Set()).add(sheet))
    expect([...where].filter(([, sheets]) => sheets.size > 1)).toEqual([])
  })
})

/** `PICTURES=folder` keeps a picture of every page, to be looked at. */
const folder = process.env['PICTURES']

describe.runIf(hasBrowser)('every page', () => {
  it('can be read by everybody, fits the window and breaks no rule of the browser, by day, by night and on a phone', async () => {
    const page = await browser.open(desk, admin)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
    const alone = ['/console/sign-in', '/console/account'].map((path) => [path, path] as const)
    for (const [pattern, path] of [...pages, ...alone]) {
      await page.goto(path)
      for (const look of Object.keys(looks) as Look[]) {
        await wear(page, look)
        if (folder !== undefined) await picture(page, pattern, look)
        // by night only colours are others than by day
        const found = await barriers(page, look === 'dark' ? ofColours : undefined)
        if (await sticksOut(page)) found.push('sticks out at the side')
        complaints.push(...found.map((line) => `${pattern}, ${look}: ${line}`))
      }
    }
    expect(complaints).toEqual([])
  }, 120_000)
})

describe.runIf(hasBrowser)('names as long as they may be', () => {
  const word = 'Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenversicherung'
  const name = `Allgemeine ${word} International`
  const showing = ['', 'approvals', 'media_buys', 'products'].flatMap((room) => {
    const list = `/console/:tenant_id${room && `/${room}`}`
    return [...pathsOf('GET')].filter((path) => path === list || /^\/:\w+$/.test(path.slice(list.length)))
  })

  it('stand where names stand, at the desk and on a phone', async () => {
    await desk.db.updateTable('tenants').set({ name }).execute()
    await desk.db
      .updateTable('products')
      .set({ name: `${name} ${name}` })
      .execute()
    await desk.db
      .updateTable('principals')
      .set({ name: name.slice(0, 100) })
      .where('principal_id', '=', 'pinnacle')
      .execute()
    const page = await browser.open(desk, admin)
    const found: string[] = []
    for (const pattern of new Set(showing)) {
      await page.goto(pages.get(pattern) ?? 'nowhere')
      for (const look of ['light', 'phone'] as const) {
        await wear(page, look)
        if (folder !== undefined) await picture(page, `${pattern}_long`, look)
        if (await sticksOut(page)) found.push(`${pattern}, ${look}: sticks out at the side`)
        found.push(
          ...(await overlapping(page)).map((text) => `${pattern}, ${look}: ${text} stands out of its place`),
        )
      }
    }
    expect(found).toEqual([])
  }, 60_000)
})

/** Texts that reach over the edge of what they stand in; a table may be moved to be read. */
const overlapping = (page: Page) =>
  page.evaluate<string[]>(`[...document.querySelectorAll('.whose strong, h1, h2, h3, dd, .card p')]
    .filter((one) => one.getBoundingClientRect().right > one.closest('.side, .card, main').getBoundingClientRect().right + 1)
    .map((one) => one.textContent.slice(0, 60))`)

async function picture(page: Page, pattern: string, look: Look) {
  const name = pattern.replace(/^\/console\/:tenant_id/, '').replaceAll(/[/:]+/g, '_') || '_overview'
  mkdirSync(folder ?? '', { recursive: true })
  await page.screenshot({ path: join(folder ?? '', `${name.slice(1)}.${look}.png`), fullPage: true })
}

describe('somebody without the right', () => {
  it('can do nothing on any page, whatever form they send', async () => {
    const viewer = await member(desk, 'viewer')
    const actions = pathsOf('POST').filter((path) => path.startsWith('/console/:tenant_id/'))
    expect(actions.length).toBeGreaterThan(1)
    for (const path of actions) {
      const { status } = await viewer.post(
        path.replace(':tenant_id', 'northwind').replaceAll(/:\w+(\{[^}]+\})?/g, 'x'),
      )
      expect([path, status]).toEqual([path, 403])
    }
  })

  it('is asked to sign in wherever they come from', async () => {
    for (const path of [...pages.values()]) {
      const { status, to } = await visitor(desk).get(path)
      expect([path, status]).toEqual([path, 303])
      expect(to).toContain('/console/sign-in')
    }
  })
})
