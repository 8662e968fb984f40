import { createMiddleware } from 'hono/factory'

/** What turns writing round, acts or is not seen, and what a browser drops; joiners within words and soft hyphens are writing. */
const unseen = /[^\P{Cc}\t\n\r]|[\p{Zl}\p{Zp}\p{Cs}\p{Co}]|(?![\u00ad\u200c\u200d])\p{Cf}/gu
const rightToLeft = String.raw`[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]`
/** Words written from right to left. Figures end them: two of them between such words would change places. */
const words = new RegExp(String.raw`${rightToLeft}(?:[^\p{L}\p{N}<&]*${rightToLeft})*`, 'gu')
const written = new RegExp(`${unseen.source}|${rightToLeft}`, 'u')

/** FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE: what stands between them moves nothing around it. */
const isolated = (text: string) => `\u2068${text}\u2069`
/** A tag, with what stands in a field of a form; or a text. */
const parts = /(<textarea\b[^>]*>[^<]*|<[^>]*>)|([^<]+)/g
/** Attributes that are read to people. */
const said = /(\s(?:title|alt|aria-label|placeholder|data-label)=")([^"]*)/g

/**
 * A page that reads in the order it was written, whatever stands in a name: what would turn writing round or hide is shown as �, and words
 * written from right to left keep to themselves. Fields of forms stay as they are, so that nothing is changed by being saved.
 */
export function inOrder(html: string): string {
  if (!written.test(html)) return html
  const shown = (text: string) => text.replace(unseen, '\ufffd').replace(words, isolated)
  return html.replace(parts, (_all, tag: string | undefined, text: string) =>
    tag === undefined
      ? shown(text)
      : tag.replace(said, (_attribute, name: string, value: string) => name + shown(value)),
  )
}

/** Every page goes by here. */
export const readsInOrder = createMiddleware(async (c, next) => {
  await next()
  if (!c.res.headers.get('content-type')?.startsWith('text/html')) return
  c.res = new Response(inOrder(await c.res.text()), c.res)
})
