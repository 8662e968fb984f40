import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'
import type { DeliveryConcern } from '../db/schema.ts'
import { recordEvent, type Actor } from './record.ts'
import { tellPeople } from './tell_people.ts'

export interface Concerns {
  tenant_id: string
  media_buy_id: string
  concern: DeliveryConcern
  /** Why, by package; one without a reason is well, and so is one that is not named. */
  reasons: ReadonlyMap<string, string | undefined>
  now: Date
}

/**
 * Keeps what is the matter with the packages of a media buy, as somebody has just found it: opens what is new, closes what is over,
 * with a line of history each, and says by now why. People are told of what is new, of a media buy once a day. The caller has
 * locked the media buy.
 */
export async function keepConcerns(
  trx: Trx,
  actor: Actor,
  { tenant_id, media_buy_id, concern, reasons, now }: Concerns,
): Promise<void> {
  const { revision } = await trx
    .selectFrom('media_buys')
    .select('revision')
    .where('media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  const tell = (package_id: string, action: string, summary: string) =>
    recordEvent(trx, actor, { tenant_id, media_buy_id, package_id, revision, action, detail: { summary } })
  const open = [...reasons].filter((one): one is [string, string] => one[1] !== undefined)
  const over = await trx
    .updateTable('delivery_concerns')
    .set({ closed_at: now })
    .where('tenant_id', '=', tenant_id)
    .where('media_buy_id', '=', media_buy_id)
    .where('concern', '=', concern)
    .where('closed_at', 'is', null)
    .$if(open.length > 0, (q) =>
      q.where(
        'package_id',
        'not in',
        open.map(([package_id]) => package_id),
      ),
    )
    .returning('package_id')
    .execute()
  for (const { package_id } of over)
    await tell(
      package_id,
      `no_longer_${concern}`,
      words[concern][(await isToRun(trx, package_id, now)) ? 'well' : 'over'],
    )
  const opened = await openConcerns(trx, { tenant_id, media_buy_id, concern, now }, open)
  for (const package_id of opened) await tell(package_id, concern, words[concern].open)
  if (opened.length === 0) return
  const occasion = `${concern} ${now.toISOString().slice(0, 10)}`
  await tellPeople(trx, { tenant_id, kind: 'delivery_concern', subject_id: media_buy_id, occasion, now })
}

/** Notes them, or why it is so by now; gives the packages of which nothing was noted before. */
async function openConcerns(
  trx: Trx,
  { now, ...about }: Omit<Concerns, 'reasons'>,
  open: readonly [package_id: string, reason: string][],
): Promise<string[]> {
  if (open.length === 0) return []
  const rows = await trx
    .insertInto('delivery_concerns')
    .values(
      open.map(([package_id, reason]) => ({
        ...about,
        package_id,
        reason: reason.slice(0, 500),
        opened_at: now,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['package_id', 'concern'])
        .where('closed_at', 'is', null)
        .doUpdateSet(({ ref }) => ({ reason: ref('excluded.reason') }))
        .where('delivery_concerns.tenant_id', '=', about.tenant_id)
        .where(sql<boolean>`delivery_concerns.reason <> excluded.reason`),
    )
    .returning(['package_id', sql<boolean>`xmax = 0`.as('is_new')])
    .execute()
  return rows.filter(({ is_new }) => is_new).map(({ package_id }) => package_id)
}

/** Whether a package should be delivering still. */
async function isToRun(trx: Trx, package_id: string, now: Date): Promise<boolean> {
  const { runs } = await trx
    .selectFrom('media_packages as p')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'p.media_buy_id')
    .select(({ eb, and }) =>
      and([
        eb('p.end_time', '>', now),
        eb('p.canceled', '=', false),
        eb('p.paused', '=', false),
        eb('buy.status', 'in', ['pending_start', 'active']),
      ]).as('runs'),
    )
    .where('p.package_id', '=', package_id)
    .executeTakeFirstOrThrow()
  return Boolean(runs)
}

/** For the buyer's history; what exactly is the matter is for the publisher's people. */
const words: Record<DeliveryConcern, { open: string; well: string; over: string }> = {
  not_serving: {
    open: 'The ad server does not serve the package; a person at the publisher is told.',
    well: 'The ad server serves the package again.',
    over: 'The package need not be served now; until then its ad server did not serve it.',
  },
  creative_not_shown: {
    open: 'The ad server refuses a creative of the package; a person at the publisher is told.',
    well: 'No creative of the package is refused any more.',
    over: 'The package need not be served now; until then a creative of it was refused.',
  },
  behind: {
    open: 'The package is behind its pace; a person at the publisher is told.',
    well: 'The package has caught up.',
    over: 'The package is not judged now; it had not caught up.',
  },
}
