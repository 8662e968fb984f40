import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readConfig, variableNames } from '../../src/config.ts'

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

/** A line that sets a variable, or shows its default behind a `#`. */
const assignment = /^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/

describe('.env.example', () => {
  const paragraphs = read('.env.example').trim().split('\n\n').slice(1)
  const shown = paragraphs.map((paragraph) => {
    const lines = paragraph.split('\n')
    const [, name = '', value = ''] = assignment.exec(lines.pop() ?? '') ?? []
    return { name, value, comment: lines }
  })
  const secret = shown.pop()

  test('shows every variable there is, in the order of src/config.ts, and no other', () => {
    expect(shown.map(({ name }) => name)).toEqual(variableNames)
  })

  test('says in words what each one is for', () => {
    for (const { name, comment } of shown) {
      expect(comment.length, name).toBeGreaterThan(0)
      for (const line of comment) expect(line, name).toMatch(/^# \S/)
    }
  })

  test('shows the defaults that hold when nothing is set', () => {
    const written = Object.fromEntries(shown.map(({ name, value }) => [name, value]))
    const { secret: _given, ...fromExample } = readConfig(written)
    const { secret: _default, ...fromNothing } = readConfig({})
    expect(fromExample).toEqual(fromNothing)
  })

  test('is a .env file as it stands: what is not the default is empty', () => {
    const set = read('.env.example')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(set.filter((line) => !/^[A-Z_]+=$/.test(line))).toEqual([])
  })

  test('ends with how an ad server comes by its secret', () => {
    const name = secret?.name ?? ''
    expect(name).toMatch(/^SALESDESK_SECRET_/)
    expect(readConfig({ [name]: 'hush' }).secret(name)).toBe('hush')
  })
})

test('the table in README.md lists every variable, in the order of src/config.ts, and no other', () => {
  const [, section = ''] = /\n## Configuration\n(.*?)(?=\n## )/s.exec(read('README.md')) ?? []
  const names = [...section.matchAll(/^\| *`([A-Z0-9_]+)` *\|/gm)].map(([, name]) => name)
  expect(names).toEqual(variableNames)
})
