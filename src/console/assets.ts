import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createHash } from 'node:crypto'
import { Hono } from 'hono'

const installed = createRequire(import.meta.url)
const ours = (name: string) => new URL(`../../src/console/assets/${name}`, import.meta.url)
const library = (name: string) => installed.resolve(`htmx.org/dist/${name}`)

const types = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' }
const files: Record<string, { of: () => (URL | string)[]; type: keyof typeof types }> = {
  'console.css': { of: styles, type: 'css' },
  'console.js': { of: () => [ours('console.js')], type: 'js' },
  'icon.svg': { of: () => [ours('icon.svg')], type: 'svg' },
  // one file: htmx looks through the page as soon as it is there, and must know of server-sent events by then
  'htmx.js': { of: () => [library('htmx.min.js'), library('ext/hx-sse.min.js')], type: 'js' },
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
    return c.body(read(c.req.param('name')), 200, {
      'content-type': `${types[file.type]}; charset=utf-8`,
      'cache-control': cache,
    })
  })
}

const kept = new Map<string, string>()

function read(name: string): string {
  const before = kept.get(name)
  if (before !== undefined) return before
  const file = files[name]
  if (!file) throw new Error(`The console has no file ${name}.`)
  const text = file
    .of()
    .map((at) => readFileSync(at, 'utf8'))
    .join('\n')
  kept.set(name, text)
  return text
}

/** The style sheets of the folder, by their names; what they all stand on comes first. */
function styles(): URL[] {
  const ground = ['tokens.css', 'ground.css']
  const rest = readdirSync(ours('styles/'))
    .filter((name) => !ground.includes(name))
    .sort()
  return [...ground, ...rest].map((name) => ours(`styles/${name}`))
}
