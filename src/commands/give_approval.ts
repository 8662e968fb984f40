import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'

/** Somebody who says yes to an approval. */
export interface Approver {
  tenant_id: string
  workflow_step_id: string
  name: string
  user_id?: string | undefined
  reason?: string | undefined
  now: Date
}
export interface Approvals {
  /** Names of those who said yes before, this person not among them, in that order. */
  others: string[]
  /** This person said yes before. */
  again: boolean
}

/** Who has said yes to a locked approval. */
export async function readApprovals(trx: Trx, approver: Approver): Promise<Approvals> {
  const { workflow_step_id, name } = approver
  const user_id = await userOf(trx, approver)
  const given = await trx
    .selectFrom('approvals_given')
    .select(['name', sql<boolean>`person = ${personOf(user_id, name)}`.as('own')])
    .where('workflow_step_id', '=', workflow_step_id)
    .orderBy('given_at')
    .orderBy('person')
    .execute()
  return {
    others: given.filter(({ own }) => !own).map(({ name }) => name),
    again: given.some(({ own }) => own),
  }
}

/** Keeps a yes. PostgreSQL takes one of each person. */
export async function giveApproval(trx: Trx, approver: Approver): Promise<void> {
  const { tenant_id, workflow_step_id, name, reason = null, now: given_at } = approver
  const user_id = await userOf(trx, approver)
  await trx
    .insertInto('approvals_given')
    .values({ tenant_id, workflow_step_id, name, user_id, reason, given_at })
    .onConflict((oc) => oc.doNothing())
    .execute()
}

/**
 * The user a door knows; or, where it knows only a name, the publisher's user of this name or email, so that one person who comes
 * through two doors is still one. Of several of the same name the one who has spoken before: nobody is two by having a namesake.
 */
async function userOf(
  trx: Trx,
  { tenant_id, workflow_step_id, name, user_id }: Approver,
): Promise<string | null> {
  if (user_id !== undefined) return user_id
  const known = await trx
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.user_id', 'm.user_id')
    .leftJoin('approvals_given as g', (join) =>
      join.onRef('g.user_id', '=', 'u.user_id').on('g.workflow_step_id', '=', workflow_step_id),
    )
    .select('u.user_id')
    .where('m.tenant_id', '=', tenant_id)
    .where(({ eb, or, fn }) =>
      or([
        eb('u.email', '=', name.toLowerCase()),
        eb(fn<string>('lower', ['u.name']), '=', name.toLowerCase()),
      ]),
    )
    .orderBy('g.given_at', (order) => order.asc().nullsLast())
    .orderBy('u.user_id')
    .executeTakeFirst()
  return known?.user_id ?? null
}

/** The same as the column approvals_given.person. */
const personOf = (user_id: string | null, name: string) =>
  sql`coalesce(${user_id}::text, 'name ' || lower(${name}))`
