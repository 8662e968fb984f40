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

/** The ways this URL may be written where it was kept: as it is here, in the one form, or that with a slash at the end. */
export function spellingsOf(url: string): string[] {
  const canonical = canonicalUrl(url) ?? url
  return [...new Set([url, canonical, `${canonical}/`])]
}

interface Ref {
  agent_url?: string | undefined
  id: string
}
/** Whether a buyer's reference, which may leave agent_url out, means this format. */
export function refersTo({ agent_url, id }: Ref, format: { agent_url: string; id: string }): boolean {
  return format.id === id && (agent_url === undefined || spellingsOf(agent_url).includes(format.agent_url))
}
