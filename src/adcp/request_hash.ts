import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** What may differ between two sendings of one request (AdCP security, "Idempotency"); with the webhook secret below, a closed list. */
const ignored = ['idempotency_key', 'context', 'governance_context']

/** SHA-256 of the request in RFC 8785 form: equal for requests that mean the same, whatever the order of their keys. */
export function requestHash(request: Record<string, unknown>): string {
  const kept = structuredClone(request)
  for (const name of ignored) delete kept[name]
  const push = kept['push_notification_config'] as { authentication?: { credentials?: unknown } } | undefined
  delete push?.authentication?.credentials
  return createHash('sha256')
    .update(canonicalize(kept) ?? '')
    .digest('hex')
}

/** The request as it may be kept: without what a buyer gave us to prove who we are, governance tokens and bank details. */
export function withoutSecrets(request: Record<string, unknown>): Record<string, unknown> {
  const kept = structuredClone(request)
  delete kept['governance_context']
  for (const name of ['push_notification_config', 'reporting_webhook', 'artifact_webhook']) {
    const webhook = kept[name] as Record<string, unknown> | undefined
    delete webhook?.['authentication']
    delete webhook?.['token']
  }
  delete (kept['invoice_recipient'] as { bank?: unknown } | undefined)?.bank
  for (const list of ['packages', 'new_packages'])
    for (const item of (kept[list] as { targeting_overlay?: Overlay }[] | undefined) ?? [])
      if (item.targeting_overlay) item.targeting_overlay = withoutTokens(item.targeting_overlay)
  return kept
}

type Overlay = Record<string, unknown>

/** A targeting_overlay as it is kept and told: its lists by reference alone. Nobody here fetches them, so nobody needs their tokens. */
export function withoutTokens(overlay: Overlay): Overlay {
  return Object.fromEntries(
    Object.entries(overlay).map(([name, value]) => {
      if (!lists.has(name) || typeof value !== 'object' || value === null) return [name, value]
      const { auth_token: _token, ...reference } = value as { auth_token?: unknown }
      return [name, reference]
    }),
  )
}

const lists = new Set(['property_list', 'collection_list', 'collection_list_exclude'])
