import { beforeAll, describe, expect, it } from 'vitest'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { aBusyDay } from '../support/busy_desk.ts'
import { testDesk } from '../support/desk.ts'
import { everyRow } from '../support/orders.ts'
import { hostileTexts, inbornNames } from '../support/hostile/values.ts'
import { listeningLog } from '../support/log_lines.ts'
import { pagesOf, pathsOf, questionsOn } from '../support/pages_of_console.ts'
import { formsIn, type SentForm } from '../support/forms.ts'
import { member, type Answer, type Visitor } from '../support/visitor.ts'

const heard = listeningLog()
const desk = testDesk({}, { log: heard.log })
const generatedId = /\b[a-z]{2,4}_[\w-]{22}\b/g
/** What no page of Southwind may say: Northwind's ids and names. */
let secrets: string[]
let pages: Map<string, string>
let forms: Map<string, SentForm>

beforeAll(async () => {
  await aBusyDay(desk)
  await seedAnotherPublisher(desk.db)
  const admin = await member(desk, 'admin', 'Nora North')
  pages = await pagesOf(admin)
  forms = new Map()
  for (const path of pages.values())
    for (const form of formsIn(await admin.get(path), path))
      if (form.action.startsWith('/console/northwind')) forms.set(form.action, form)
  for (const action of withoutAForm(pages)) forms.set(action, { action, fields: { reason: 'Because.' } })
  const rows = (await everyRow(desk.db)).split('\n').filter((line) => line.includes('northwind'))
  secrets = [...new Set(rows.join('\n').match(generatedId)), 'PO-2026-118', 'hillside-tea', 'Nora North']
})

/** The route an address is answered by, parameters and all. */
const routeOf = (patterns: readonly string[], address: string) =>
  patterns
    .filter((pattern) =>
      new RegExp(`^${pattern.replaceAll(/:\w+(\{[^}]+\})?/g, '[^/]+')}$`).test(address.split('?')[0] ?? ''),
    )
    .sort((a, b) => a.split(':').length - b.split(':').length)[0]

const leaks = ({ html }: Answer, said: string) =>
  secrets.filter((secret) => html.includes(secret) && !said.includes(secret))

/** Northwind's rows and jobs as they are; when somebody was last seen is no row of hers. */
const northwind = async () =>
  (await everyRow(desk.db)).split('\n').filter((line) => secrets.some((secret) => line.includes(secret)))

describe('every action there is', () => {
  it('is tried here with a form as a page of Northwind has it', () => {
    const tried = new Set([...forms.keys()].map((action) => routeOf(pathsOf('POST'), action)))
    expect(pathsOf('POST').filter((path) => !tried.has(path))).toEqual([])
  })
})

describe('somebody of another publisher', () => {
  let stranger: Visitor
  beforeAll(async () => {
    stranger = await member(desk, 'admin', 'Sue South', 'southwind')
  })

  it('finds no page of this one', async () => {
    for (const path of pages.values()) {
      const answer = await stranger.get(path)
      expect([path, answer.status, leaks(answer, path)]).toEqual([path, 404, []])
    }
  })

  it('can do nothing here, whatever form they send', async () => {
    const before = await northwind()
    for (const { action, fields } of forms.values()) {
      const answer = await stranger.post(action, fields)
      expect([action, answer.status, leaks(answer, JSON.stringify([action, fields]))]).toEqual([
        action,
        404,
        [],
      ])
    }
    expect(await northwind()).toEqual(before)
  })
})

describe('somebody of both publishers', () => {
  let both: Visitor
  const there = (address: string) => address.replace('/console/northwind', '/console/southwind')
  beforeAll(async () => {
    const person = await member(desk, 'admin', 'Bo Both', 'southwind')
    await desk.db
      .insertInto('memberships')
      .values({ tenant_id: 'northwind', user_id: person.user_id, role: 'admin' })
      .execute()
    both = person
  })

  it('sees nothing of one at the address of the other', async () => {
    for (const [pattern, path] of pages) {
      const answer = await both.get(there(path))
      expect([path, leaks(answer, path)]).toEqual([path, []])
      const names = pattern.split(':').length > 2 && secrets.some((secret) => path.includes(secret))
      if (names) expect([path, answer.status]).toEqual([path, 404])
    }
  })

  it('changes nothing of one at the address of the other', async () => {
    const before = await northwind()
    for (const { action, fields } of forms.values()) {
      const answer = await both.post(there(action), fields)
      expect([action, leaks(answer, JSON.stringify([action, fields]))]).toEqual([action, []])
      expect([action, answer.status]).not.toEqual([action, 500])
    }
    expect(await northwind()).toEqual(before)
  })
})

describe('somebody of this publisher who writes what nobody means', () => {
  /** Nothing may fail on our side, neither for them nor in the log. */
  const expectAnswered = (what: string, { status }: Answer) => {
    const failed = heard.lines().filter(({ level }) => Number(level) >= 50)
    heard.forget()
    expect([what, status < 500, failed]).toEqual([what, true, []])
  }
  // another one of these texts stands in each place, from run to run
  const turn = Math.floor(Math.random() * hostileTexts.length)

  it('into any field of any form is answered', async () => {
    heard.forget()
    let i = turn
    for (const { action, fields } of forms.values()) {
      // a form may have taken the last one's role away
      const who = await member(desk, 'admin', `Oda ${i}`)
      for (const name of Object.keys(fields)) {
        const text = hostileTexts[i++ % hostileTexts.length] ?? ''
        const what = `${action} ${name}=${JSON.stringify(text.slice(0, 100))}`
        expectAnswered(what, await who.post(action, { ...fields, [name]: text }))
      }
      const odd = Object.fromEntries(inbornNames.map((name) => [name, 'x']))
      expectAnswered(`${action} ${inbornNames.join()}`, await who.post(action, { ...fields, ...odd }))
    }
  })

  it('behind any address a page leads to is answered', async () => {
    const who = await member(desk, 'admin', 'Ada Asks')
    let i = turn
    for (const [path, names] of await questionsOn(who, pages.values()))
      for (const name of names)
        for (const text of [hostileTexts[i++ % hostileTexts.length] ?? '', ...inbornNames.slice(0, 2)]) {
          const address = `${path}?${new URLSearchParams({ [name]: text.slice(0, 5000) }).toString()}`
          expectAnswered(address.slice(0, 300), await who.get(address))
        }
  })
})

/** Actions whose form stands on no page of a busy day, on something of Northwind that is there. */
const withoutAForm = (pages: Map<string, string>): string[] => {
  const one = (room: string) => pages.get(`/console/:tenant_id/${room}`) ?? room
  return [
    '/console/northwind/settings/slack/install',
    '/console/northwind/buyers/pinnacle/restore',
    '/console/northwind/buyers/pinnacle/subjects',
    '/console/northwind/ad_servers/google_test/finish',
    '/console/northwind/ad_servers/google_test/offer',
    '/console/northwind/products/news_billboard/restore',
    `${one('media_buys/:media_buy_id')}/resume`,
  ]
}
