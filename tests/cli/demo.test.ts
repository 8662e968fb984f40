import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { killAll, lives, salesdesk } from '../support/processes.ts'

const folders: string[] = []
afterAll(async () => {
  await killAll()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

// a demo waits most of its time, so all of them play at once
test.concurrent(
  'the demo plays a whole buying day and leaves nothing behind',
  async () => {
    const demo = startDemo()
    expect(await demo.exited).toBe(0)
    for (let step = 0; step <= 8; step++) expect(demo.stdout()).toMatch(new RegExp(`^${step}  `, 'm'))
    expect(demo.stdout()).toMatch(/four orders bought, four orders placed, none lost, none doubled/)
    expect(demo.stdout()).toMatch(
      /get_media_buy_delivery: [1-9]\d* impressions, \d+ clicks, \d+\.\d\d EUR spent/,
    )
    expect(demo.stdout()).toMatch(/house +ad_units +done, 20,000 rows in \d+ s/)
    expect(demo.stdout().match(/exactly one order/g)?.length).toBeGreaterThanOrEqual(2)
    await expectNothingLeft(demo)
  },
  90_000,
)

test.concurrent.each([
  ['while PostgreSQL starts', /^0 {2}/m],
  ['while the server and the worker start', /migrates and seeds/],
  ['while an order is being placed', /^3 {2}[\s\S]*create_media_buy/m],
])(
  'interrupted %s, it takes everything down',
  async (_when, moment) => {
    const demo = startDemo()
    await demo.said(moment, 60_000)
    demo.kill('SIGINT')
    expect(await demo.exited).toBe(1)
    expect(demo.stderr()).toContain('Stopped by SIGINT')
    expect(demo.stderr()).not.toMatch(/\n\s+at /)
    await expectNothingLeft(demo)
  },
  90_000,
)

/** A demo whose temporary files are in a folder of its own, with every process that ever descended from it. */
function startDemo() {
  const folder = mkdtempSync(join(tmpdir(), 'salesdesk-demo-test-'))
  folders.push(folder)
  const demo = salesdesk(['demo'], { TMPDIR: folder, NO_COLOR: '1' })
  const family = new Set<number>()
  const timer = setInterval(() => {
    for (const pid of descendants(demo.pid)) family.add(pid)
  }, 100)
  void demo.exited.then(() => clearInterval(timer))
  return { ...demo, folder, family }
}

function descendants(root: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const found = new Set([root])
  for (let before = 0; before < found.size;) {
    before = found.size
    for (const [pid = 0, parent = 0] of rows) if (found.has(parent)) found.add(pid)
  }
  found.delete(root)
  return [...found]
}

async function expectNothingLeft({ folder, family }: { folder: string; family: Set<number> }): Promise<void> {
  expect(family.size).toBeGreaterThan(0)
  await eventually('all its processes to be gone', () => ![...family].some(lives), 3000)
  expect(readdirSync(folder)).toEqual([])
}
