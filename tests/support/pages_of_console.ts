import { createConsoleApp } from '../../src/console/index.ts'
import type { ConsoleDesk } from '../../src/console/desk.ts'
import type { Visitor } from './visitor.ts'

/** Pages that are no pages: streams and files. */
const NO_PAGES = /\/live$|\.(csv|json)$/

/** The routes of the console that only members see, as they are written in the code. */
export function pathsOf(method: 'GET' | 'POST'): string[] {
  const app = createConsoleApp({ publicUrl: undefined } as unknown as ConsoleDesk)
  const paths = app.routes
    .filter((route) => route.method === method && route.path.startsWith('/console/:tenant_id'))
    .map(({ path }) => (path === '/console/:tenant_id/' ? '/console/:tenant_id' : path))
    .filter((path) => !NO_PAGES.test(path))
  return [...new Set(paths)]
}

/** One address for each route, found by following links from the first page as somebody would. */
export async function pagesOf(who: Visitor): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const patterns = pathsOf('GET')
  const [waiting, seen] = [['/console/northwind'], new Set<string>()]
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const pattern = bestOf(patterns, path)
    if (pattern === undefined || found.has(pattern)) continue
    found.set(pattern, path)
    const { html } = await who.get(path)
    for (const [, href = ''] of html.matchAll(/<a\b[^>]*\shref="([^"#]+)/g)) {
      const next = href.replaceAll('&amp;', '&')
      if (!seen.has(next)) waiting.push(next)
      seen.add(next)
    }
  }
  return found
}

/** Every address with a question behind it that one of these pages leads to, by a link or a form, as its path and the names of what is asked. */
export async function questionsOn(who: Visitor, pages: Iterable<string>): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>()
  const add = (path: string, name: string) => found.set(path, (found.get(path) ?? new Set()).add(name))
  for (const path of pages) {
    const { html } = await who.get(path)
    for (const [, href = ''] of html.matchAll(/<a\b[^>]*\shref="([^"#]+)/g)) {
      const { pathname, searchParams } = new URL(href.replaceAll('&amp;', '&'), `http://desk${path}`)
      if (pathname.startsWith('/console/')) for (const name of searchParams.keys()) add(pathname, name)
    }
    for (const [form] of html.matchAll(
      /<form[^>]*method="get"[^>]*>[\s\S]*?<\/form>|<form(?![^>]*method=)[^>]*>[\s\S]*?<\/form>/gi,
    )) {
      const [, action = path] = /^<form[^>]*\saction="([^"]*)"/.exec(form) ?? []
      for (const [, name = ''] of form.matchAll(/\sname="([^"]+)"/g))
        add(action.split('?')[0] ?? action, name)
    }
  }
  return found
}

/** The route that answers an address: one without parameters before one with them. */
function bestOf(patterns: readonly string[], path: string): string | undefined {
  const [bare = ''] = path.split('?')
  return patterns
    .filter((pattern) => new RegExp(`^${pattern.replaceAll(/:\w+(\{[^}]+\})?/g, '[^/]+')}$`).test(bare))
    .sort((a, b) => a.split(':').length - b.split(':').length)[0]
}
