import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { reads as adcp_mock } from '../../src/adapters/adcp_mock/read.ts'
import { reads as broadstreet } from '../../src/adapters/broadstreet/read.ts'
import { reads as google_ad_manager } from '../../src/adapters/google_ad_manager/read.ts'
import { adServerKinds } from '../../src/adapters/index.ts'
import { reads as kevel } from '../../src/adapters/kevel/read.ts'
import { reads as simulated } from '../../src/adapters/simulated/read_page.ts'
import { syncKinds, type Capabilities } from '../../src/capabilities.ts'

const reads: Record<string, Capabilities['reads']> = {
  ...{ google_ad_manager, kevel, broadstreet },
  ...{ adcp_mock, simulated },
}

test('a publisher reads in docs/synchronisation.md what is read of each ad server, and how', () => {
  const docs = readFileSync(new URL('../../docs/synchronisation.md', import.meta.url), 'utf8')
  const cells = (line: string) => line.split('|').slice(1, -1).map((cell) => cell.replaceAll('`', '').trim()) // prettier-ignore
  const [head = [], , ...rows] = (/^\| Kind[^]*?\n(?=\n)/m.exec(docs)?.[0] ?? '')
    .trim()
    .split('\n')
    .map(cells)
  const kinds = head.slice(1)
  expect(kinds).toEqual(adServerKinds.map(({ kind }) => kind))
  expect(rows.map(([what]) => what)).toEqual([...syncKinds])
  for (const [what, ...told] of rows)
    told.forEach((cell, i) => {
      const mode = reads[kinds[i] ?? '']?.[what as (typeof syncKinds)[number]]
      expect(cell.split(':')[0], `${what} of ${kinds[i]}`).toBe(mode ?? '–')
    })
})
