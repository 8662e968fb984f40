import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('docs/security.md', root), 'utf8')

test('every test docs/security.md names is there, and every line of its tables names one or says that a person looks', () => {
  const named = [...text.matchAll(/`(tests\/[\w/.]+)`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
  const rows = text
    .split('\n')
    .filter(
      (line) => line.startsWith('| ') && line.split(' | ').length === 3 && !/^\| (Threat|Who|-)/.test(line),
    )
  const lines = rows.filter((line) => !/`tests\/|by hand/.test(line))
  const whoTable = /\n## What there is to take[\s\S]*?\n## /.exec(text)?.[0] ?? ''
  expect(lines.filter((line) => !whoTable.includes(line))).toEqual([])
})

test('every way out of the document leads somewhere', () => {
  const links = [...text.matchAll(/\]\(([\w./-]+\.md)\)/g)].map(([, path = '']) => path)
  expect(links.filter((path) => !existsSync(new URL(`docs/${path}`, root)))).toEqual([])
})
