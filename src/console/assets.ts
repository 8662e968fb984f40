import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createHash } from 'node:crypto'
import { Hono } from 'hono'

const installed = createRequire(import.meta.url)
const ours = (name: string) => new URL(`../../src/console/assets/${name}`, import.meta.url)
const library = (name: string) => installed.resolve(`htmx.org/dist/${name}`)

const files: Record<string, { at: URL | string; type: string }> = {
  'console.css': { at: ours('styles/'), type: 'text/css; charset=utf-8' },
  'console.js': { at: ours('console.js'), type: 'text/javascript; charset=utf-8' },
  'icon.svg': { at: ours('icon.svg'), type: 'image/svg+xml' },
  'htmx.js': { at: library('htmx.min.js'), type: 'text/javascript; charset=utf-8' },
  'hx-sse.js': { at: library('ext/hx-sse.min.js'), type: 'text/javascript; charset=utf-8' },
}

/** Where a page finds one of our files. The address changes with the content, so browsers may keep it for ever. */
export function asset(name: string): string {
  const version = createHash('sha256').update(read(name)).digest('base64url').slice(0, 8)
  return `/console/assets/${name}?v=${version}`
}

/** The style sheet, the scripts and the icon of the console. */
export function assets() {
  return new Hono().get('/:name', (c) => {
    const file = files[c.req.param('name')]
    if (!file) return c.notFound()
    const cache = c.req.query('v') === undefined ? 'no-cache' : 'public, max-age=31536000, immutable'
    return c.body(read(c.req.param('name')), 200, { 'content-type': file.type, 'cache-control': cache })
  })
}

const kept = new Map<string, string>()

function read(name: string): string {
  const before = kept.get(name)
  if (before !== undefined) return before
  const file = files[name]
  if (!file) throw new Error(`The console has no file ${name}.`)
  const text = name === 'console.css' ? styleSheet() : readFileSync(file.at, 'utf8')
  kept.set(name, text)
  return text
}

/** The style sheets of the folder as one, by their names; what they all stand on comes first. */
function styleSheet(): string {
  const ground = ['tokens.css', 'ground.css']
  const rest = readdirSync(ours('styles/'))
    .filter((name) => !ground.includes(name))
    .sort()
  return [...ground, ...rest].map((name) => readFileSync(ours(`styles/${name}`), 'utf8')).join('\n')
}
