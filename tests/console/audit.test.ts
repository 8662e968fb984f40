import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { csvLine } from '../../src/console/csv.ts'
import { recordAudit } from '../../src/commands/record.ts'
import { aPurchase, testDesk } from '../support/desk.ts'
import { member } from '../support/visitor.ts'

const desk = testDesk()
type Someone = Awaited<ReturnType<typeof member>>
let viewer: Someone
let admin: Someone
beforeAll(async () => {
  viewer = await member(desk, 'viewer', 'Vera Viewer')
  admin = await member(desk, 'admin', 'Ada Admin')
  const buyer = await desk.buyer()
  await buyer.call('create_media_buy', aPurchase({}, desk.now))
  await admin.post('/console/northwind/buyers/new', { name: 'Audited Agency' })
})

const at = (query = '') => `/console/northwind/audit${query}`
const rows = (html: string) => [...html.matchAll(/<tr><td/g)].length
const entry = (actor: string, detail = {}, tenant_id = 'northwind') =>
  desk.db
    .transaction()
    .execute((trx) =>
      recordAudit(
        trx,
        { kind: 'operator', name: actor },
        { tenant_id, action: 'test', subject_kind: 'tenant', subject_id: tenant_id, detail },
      ),
    )

/** A reader of CSV as RFC 4180 has it. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [[]]
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    if (end === '' && quoted === undefined && plain === '') continue
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === '\r\n') lines.push([])
  }
  return lines.slice(0, -1)
}

describe('the audit log', () => {
  it('has what people and agents did, with their names and links to what it was about', async () => {
    const { html } = await viewer.get(at())
    expect(html).toContain('Ada Admin')
    expect(html).toContain(admin.email)
    expect(html).toContain('Pinnacle Media Agency')
    expect(html).toContain('/console/northwind/buyers/audited_agency')
    expect(html).toMatch(/\/console\/northwind\/media_buys\/mb_/)
  })

  it('is narrowed by who, what, when and about what', async () => {
    const found = async (query: string) => rows((await viewer.get(at(query))).html)
    expect(await found('?action=create_buyer')).toBe(1)
    expect(await found(`?q=${admin.email}`)).toBe(1)
    expect(await found('?q=audited_agency&who=operator')).toBe(1)
    expect(await found('?q=audited_agency&who=buyer')).toBe(0)
    const entered = await desk.db
      .selectFrom('audit_log')
      .select('at')
      .where('subject_id', '=', 'audited_agency')
      .executeTakeFirstOrThrow()
    const day = entered.at.toISOString().slice(0, 10)
    expect(await found(`?q=audited_agency&from=${day}&until=${day}`)).toBe(1)
    expect(await found('?q=audited_agency&until=2020-01-01')).toBe(0)
    expect(await found('?from=nonsense&who=nobody')).toBeGreaterThan(1)
    expect(await found('?q=%25')).toBe(0)
  })

  it('is never changed and never shortened, whoever asks PostgreSQL', async () => {
    const { audit_id } = await desk.db.selectFrom('audit_log').select('audit_id').executeTakeFirstOrThrow()
    const one = (statement: string) => desk.pool.query(`${statement} where audit_id = $1`, [audit_id])
    await expect(one(`update audit_log set actor = 'somebody else'`)).rejects.toThrow()
    await expect(one('delete from audit_log')).rejects.toThrow()
    await expect(desk.pool.query('truncate audit_log')).rejects.toThrow()
    const kept = await desk.db
      .selectFrom('audit_log')
      .select('audit_id')
      .where('audit_id', '=', audit_id)
      .execute()
    expect(kept).toHaveLength(1)
  })

  it('of another publisher is nobody’s here', async () => {
    await desk.db
      .insertInto('tenants')
      .values({ tenant_id: 'south', name: 'South', currencies: ['EUR'] })
      .execute()
    await entry('Somebody Southern', {}, 'south')
    for (const path of ['', '/audit.csv', '/audit.json'])
      expect((await viewer.get(at(path))).html).not.toContain('Southern')
  })

  it('is exported whole, as it was narrowed, however long it is', async () => {
    for (let i = 0; i < 3; i++)
      await desk.db
        .insertInto('audit_log')
        .values(
          Array.from({ length: 400 }, (_, n) => ({
            ...{ tenant_id: 'northwind', actor_kind: 'clock' as const, actor: 'clock', action: 'tick' },
            ...{ subject_kind: 'tenant', subject_id: `${i}-${n}` },
          })),
        )
        .execute()
    const { html: json, headers } = await viewer.get(at('/audit.json?action=tick'))
    const all = JSON.parse(json) as { subject_id: string }[]
    expect(new Set(all.map(({ subject_id }) => subject_id)).size).toBe(1200)
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="audit-northwind-.*\.json"$/)
    expect(readCsv((await viewer.get(at('/audit.csv?action=tick'))).html)).toHaveLength(1201)
    const page = await viewer.get(at('?action=tick&page=24'))
    expect(rows(page.html)).toBe(50)
    expect(page.html).not.toContain('rel="next"')
  })

  it('holds no formula for whoever opens it in a spreadsheet', async () => {
    await entry('=HYPERLINK("https://evil.example","Click")', { note: 'a, "quoted" one' })
    const { html } = await viewer.get(at('/audit.csv?action=test'))
    const line = readCsv(html).find((cells) => cells.some((cell) => cell.includes('HYPERLINK'))) ?? []
    expect(line[2]).toBe(`'=HYPERLINK("https://evil.example","Click")`)
    expect(JSON.parse(line.at(-1) ?? '')).toEqual({ note: 'a, "quoted" one' })
  })
})

describe('a line of CSV', () => {
  it('is read back as it was, but for the mark before what looks like a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 2, maxLength: 5 }), (cells) => {
        const [back = []] = readCsv(csvLine(cells))
        expect(back.map((cell, i) => (cell === `'${cells[i]}` ? cells[i] : cell))).toEqual(cells)
        for (const cell of back) expect(cell).not.toMatch(/^\s*[=+\-@]/)
      }),
    )
  })
})
