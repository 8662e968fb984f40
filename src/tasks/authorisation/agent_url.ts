/**
 * A URL in the one form in which two of the same agent are equal: scheme and host in lower case, no default port, no needless
 * percent-encoding, no fragment, no slash at the end. undefined if it is none.
 */
export function canonicalUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  url.hash = ''
  return url.href
    .replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16))
      return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase()
    })
    .replace(/\/+$/, '')
}
