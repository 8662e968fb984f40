import type { Db, Trx } from '../../db/database.ts'
import { jsonb } from '../../db/database.ts'
import { Declaration } from './adagents.ts'
import { all, judge, type OwnProperty, type Verdict } from './judge.ts'
import { readDeclaration, type Reach, type Reading, type Source } from './read_declaration.ts'
import { nextCheckAt } from './schedule.ts'

const DAY_MS = 24 * 3600 * 1000
/** So long what a domain last said of us stands while nobody can be asked. */
const GRACE_MS = 7 * DAY_MS
/** So long a revocation stands once seen, though the file no longer shows it (adagents.json, revoked_publisher_domains). */
const REVOKED_MS = 7 * DAY_MS

export interface Domain {
  tenant_id: string
  publisher_domain: string
}
export interface Checking {
  db: Db
  clock: () => Date
  agentUrls: readonly string[]
  reach: Reach
}

/**
 * Asks a domain for its adagents.json and keeps what it says of us and of each property, in one transaction. Of several at once the
 * one that asked last is kept. Returns the verdict; undefined if there is no such domain any more.
 */
export async function checkDomain(checking: Checking, domain: Domain): Promise<Verdict | undefined> {
  const { db, clock, reach } = checking
  const asked_at = clock()
  const row = await selectPartner(db, domain).executeTakeFirst()
  if (!row) return undefined
  const { declaration, declared_by, etag, last_modified } = row
  const known: Source | undefined =
    declaration !== null && declared_by !== null ? { declared_by, etag, last_modified } : undefined
  const reading = await readDeclaration(domain.publisher_domain, known, reach)
  return db.transaction().execute((trx) => keep(trx, domain, { reading, asked_at, checking }))
}

interface Answer {
  reading: Reading
  asked_at: Date
  checking: Checking
}

async function keep(trx: Trx, domain: Domain, answer: Answer): Promise<Verdict | undefined> {
  const { reading, asked_at, checking } = answer
  const row = await selectPartner(trx, domain).forUpdate().executeTakeFirst()
  if (!row) return undefined
  const properties = await selectProperties(trx, domain)
  const read = reading.outcome === 'read' ? reading : undefined
  const declaration = read?.declaration ?? Declaration.safeParse(row.declaration).data
  const heard = reading.outcome !== 'unreachable' && declaration !== undefined
  const revoked_until = declaration?.revoked_publisher_domains
    ? later(row.revoked_until, heard ? new Date(asked_at.getTime() + REVOKED_MS) : null)
    : row.revoked_until
  const question = {
    publisher_domain: domain.publisher_domain,
    agentUrls: checking.agentUrls,
    properties,
    revoked: revoked_until !== null && asked_at < revoked_until,
    now: asked_at,
  }
  const said = declaration && judge(declaration, question)
  const verdict = weigh(said, reading, { properties, declared_at: row.declared_at, asked_at })
  if (row.checked_at && row.checked_at > asked_at) return verdict
  await trx
    .updateTable('publisher_partners')
    .set({
      verification: verdict.verification,
      detail: verdict.detail,
      checked_at: asked_at,
      next_check_at: nextCheckAt(domain.publisher_domain, reading.outcome === 'unreachable', asked_at),
      revoked_until,
      ...(verdict.verification === 'verified' && heard && { verified_at: asked_at }),
      ...(verdict.verification !== row.verification && { updated_at: asked_at }),
      ...(heard && { declared_at: asked_at }),
      ...(read && { declaration: jsonb(read.declaration), ...read.source }),
    })
    .where('tenant_id', '=', domain.tenant_id)
    .where('publisher_domain', '=', domain.publisher_domain)
    .execute()
  for (const [property_id, verification] of Object.entries(verdict.properties))
    await trx
      .updateTable('authorized_properties')
      .set({ verification })
      .where('tenant_id', '=', domain.tenant_id)
      .where('publisher_domain', '=', domain.publisher_domain)
      .where('property_id', '=', property_id)
      .where('verification', '<>', verification)
      .execute()
  return verdict
}

interface Circumstances {
  properties: readonly OwnProperty[]
  declared_at: Date | null
  asked_at: Date
}

/** What a domain said stands while it cannot be asked: a yes for the days of grace, a no until it says otherwise. */
function weigh(said: Verdict | undefined, reading: Reading, since: Circumstances): Verdict {
  const { properties, declared_at, asked_at } = since
  if (reading.outcome !== 'unreachable')
    return said ?? all(properties, 'unreachable', 'its file is the same as one that is not kept any more')
  const inGrace = declared_at !== null && asked_at.getTime() - declared_at.getTime() < GRACE_MS
  if (said?.verification === 'refused') return { ...said, detail: `${said.detail}; now ${reading.why}` }
  if (said?.verification === 'verified' && declared_at && inGrace) {
    const until = new Date(declared_at.getTime() + GRACE_MS).toISOString()
    return { ...said, detail: `counts as verified until ${until}, though ${reading.why}` }
  }
  return all(properties, 'unreachable', reading.why)
}

const later = (one: Date | null, other: Date | null) => (other && (!one || other > one) ? other : one)

function selectPartner(db: Db | Trx, { tenant_id, publisher_domain }: Domain) {
  return db
    .selectFrom('publisher_partners')
    .select(['declaration', 'declared_by', 'declared_at', 'etag', 'last_modified'])
    .select(['checked_at', 'revoked_until', 'verification'])
    .where('tenant_id', '=', tenant_id)
    .where('publisher_domain', '=', publisher_domain)
    .where('archived_at', 'is', null)
}

async function selectProperties(trx: Trx, { tenant_id, publisher_domain }: Domain): Promise<OwnProperty[]> {
  const rows = await trx
    .selectFrom('authorized_properties')
    .select(['property_id', 'identifiers'])
    .where('tenant_id', '=', tenant_id)
    .where('publisher_domain', '=', publisher_domain)
    .orderBy('property_id')
    .execute()
  return rows as unknown as OwnProperty[]
}
