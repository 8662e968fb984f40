import { changeBuyer } from '../../src/commands/buyers/change_buyer.ts'
import { createToken } from '../../src/commands/create_token.ts'
import { revokeToken, rotateToken } from '../../src/commands/end_token.ts'
import { letInSubject } from '../../src/commands/oauth/let_in_subject.ts'
import type { TestDesk } from './desk.ts'

const by = { kind: 'operator', name: 'Ada Admin' } as const

/** Buyers as they are after some time: tokens that were rotated and revoked, limits, trust, and an account nobody has opened. */
export async function busyBuyers(desk: TestDesk): Promise<void> {
  const { db, now } = desk
  const principal_id = 'pinnacle'
  const ref = { tenant_id: 'northwind', principal_id, by, now }
  for (const label of ['Planning agent', 'Claude Desktop, Ben', 'Laptop that was lost'])
    await createToken(db, principal_id, { by, label })
  const tokens = await db
    .selectFrom('principal_tokens')
    .select('token_id')
    .where('label', '<>', '')
    .orderBy('token_id')
    .execute()
  const [planning, , lost] = tokens.map(({ token_id }) => token_id)
  await rotateToken(db, { ...ref, token_id: planning ?? '', overlap_hours: 24 })
  await revokeToken(db, { ...ref, token_id: lost ?? '' })
  await changeBuyer(db, {
    ...ref,
    terms: {
      name: 'Pinnacle Media Agency',
      allowed_product_ids: null,
      platform_mappings: {},
      max_media_buy_budget: '250000.00',
      max_calls_per_minute: 600,
      trusted: true,
    },
  })
  const issuer = 'https://login.pinnacle-agency.example'
  for (const subject of ['planning-agent', 'reporting-agent-of-the-hamburg-office@clients'])
    await letInSubject(db, { issuer, subject, principal_id, by })
  await db
    .insertInto('accounts')
    .values({
      account_id: 'acc_new',
      tenant_id: 'northwind',
      name: 'Hillside Tea by Pinnacle',
      brand_domain: 'hillside-tea.example',
      operator: 'pinnacle-agency.example',
      status: 'pending_approval',
    })
    .execute()
  await db
    .insertInto('account_principals')
    .values({ tenant_id: 'northwind', account_id: 'acc_new', principal_id })
    .execute()
}
