import { Badge } from '../../parts/badge.tsx'
import type { AdServer } from '../../../queries/ad_servers.ts'

interface Health {
  word: string
  tone: 'good' | 'waiting' | 'bad' | 'plain'
  /** What it means, and what to do about it. */
  why?: string
}

/** How an ad server fares, in a word; the worst that is known of it counts. */
export function healthOf(one: AdServer, now: Date): Health {
  if (one.connected_at === null)
    return { word: 'being set up', tone: 'waiting', why: 'Nothing is sold over it yet.' }
  if (one.broken_until !== null && one.broken_until > now)
    return {
      word: 'out of order',
      tone: 'bad',
      why: 'Too many calls in a row came to nothing. Its orders wait until one succeeds.',
    }
  if (one.capabilities_synced_at === null)
    return {
      word: 'not heard of yet',
      tone: 'waiting',
      why: 'No worker has reached it so far. Is one running, and is the key right?',
    }
  if (one.not_read.length > 0)
    return {
      word: 'not all read',
      tone: 'bad',
      why: `The last time, these could not be read: ${one.not_read.map(nameOfKind).join(', ')}.`,
    }
  if (one.withdrawn_at !== null)
    return {
      word: 'withdrawn',
      tone: 'plain',
      why: 'Nothing more is sold over it. What stands there is looked after.',
    }
  return { word: 'in order', tone: 'good' }
}

export function HealthBadge({ one, now }: { one: AdServer; now: Date }) {
  const { word, tone } = healthOf(one, now)
  return <Badge status={word} tone={tone} />
}

/** What is read of an ad server, as people say it. */
export function nameOfKind(kind: string): string {
  const words = kind.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
