import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../../src/monitoring/metrics.ts'
import { laneOf } from '../../src/tasks/lanes.ts'

interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string }
}
const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const { groups } = parse(read('examples/alerts.yaml')) as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap((group) => group.rules)

/** Every metric a process tells of, with its labels; histograms by the names their series have. */
async function told(): Promise<{ names: Set<string>; help: string }> {
  const metrics = createMetrics(() => Promise.reject(new Error('away')), laneOf)
  const text = await metrics.text()
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  const names = types.flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
  )
  return { names: new Set(names), help: text }
}

test('every alert names metrics there are', async () => {
  const { names } = await told()
  for (const { alert, expr } of rules) {
    const named = expr.match(/\b(salesdesk|nodejs|process)_\w+/g) ?? []
    expect(named.length, alert).toBeGreaterThan(0)
    for (const name of named) expect(names, alert).toContain(name)
  }
})

test('every alert has its entry in the runbook, in the same order, and says how bad it is', () => {
  const headings = [...read('operations.md').matchAll(/^### (Salesdesk\w+)$/gm)].map(([, name]) => name)
  expect(headings).toEqual(rules.map(({ alert }) => alert))
  for (const { labels } of rules) expect(['page', 'ticket']).toContain(labels.severity)
})

test('docs/operations.md tells of every metric of ours, and of none that is not there', async () => {
  const { names, help } = await told()
  const ours = [...help.matchAll(/^# TYPE (salesdesk_\S+) /gm)].map(([, name = '']) => name)
  const table = [...read('operations.md').matchAll(/`(salesdesk_\w+)\{?[\w,]*\}?`/g)].map(
    ([, name = '']) => name,
  )
  expect(new Set(ours.filter((name) => !table.includes(name)))).toEqual(new Set())
  for (const name of table) expect([...names, ...ours]).toContain(name)
})
