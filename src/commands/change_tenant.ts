import { isDeepStrictEqual } from 'node:util'
import { jsonb, type Db } from '../db/database.ts'
import type { RefusalPolicy, StaleForecast } from '../db/schema.ts'
import { findCurrencyInUse, type CurrencyInUse } from './currencies_in_use.ts'
import { recordAudit, type Actor } from './record.ts'

/** What a publisher says of itself and how it sells; amounts as decimal text. The publisher file has the same under `tenant`. */
export interface TenantSettings {
  name: string
  description: string
  advertising_policies: string
  /** ISO 4217, at least one; the first is offered for a new price. */
  currencies: string[]
  approval_threshold: string | null
  max_package_budget: string | null
  max_media_buy_budget: string | null
  max_flight_days: number
  max_new_keys_per_minute: number
  opens_accounts: boolean
  sells_unverified: boolean
  refusal_policy: RefusalPolicy
  behind_percent: number
  stale_forecast: StaleForecast
  forecast_horizon_days: number
  forecast_refresh_hours: number
  forecast_max_age_hours: number
  sells_proposals: boolean
  proposal_hold_hours: number
  insertion_order: { above?: number; terms_url?: string; signing_url?: string } | null
}
const columns = [
  ...(['name', 'description', 'advertising_policies', 'currencies'] as const),
  ...(['approval_threshold', 'max_package_budget'] as const),
  ...(['max_media_buy_budget', 'max_flight_days', 'max_new_keys_per_minute', 'opens_accounts'] as const),
  ...(['sells_unverified', 'refusal_policy', 'behind_percent', 'stale_forecast'] as const),
  ...(['forecast_horizon_days', 'forecast_refresh_hours', 'forecast_max_age_hours'] as const),
  ...(['sells_proposals', 'proposal_hold_hours', 'insertion_order'] as const),
] satisfies (keyof TenantSettings)[]

export type ChangeOutcome = { type: 'changed' | 'was_so' } | ({ type: 'currency_in_use' } & CurrencyInUse)

/** Sets how a publisher sells, from the next call on. A currency goes only when nothing on sale is priced in it any more. */
export async function changeTenant(
  db: Db,
  { tenant_id, settings, by }: { tenant_id: string; settings: TenantSettings; by: Actor },
): Promise<ChangeOutcome> {
  return db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('tenants')
      .select(columns)
      .where('tenant_id', '=', tenant_id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()
    const changed = columns.filter((column) => !isDeepStrictEqual(before[column], settings[column]))
    if (changed.length === 0) return { type: 'was_so' }
    const in_use = await findCurrencyInUse(trx, tenant_id, settings.currencies)
    if (in_use) return { type: 'currency_in_use', ...in_use }
    const { insertion_order, ...rest } = settings
    await trx
      .updateTable('tenants')
      .set({ ...rest, insertion_order: insertion_order && jsonb(insertion_order) })
      .set(({ fn }) => ({ updated_at: fn<Date>('now') }))
      .where('tenant_id', '=', tenant_id)
      .execute()
    const only = (of: object) =>
      Object.fromEntries(Object.entries(of).filter(([name]) => (changed as string[]).includes(name)))
    const detail = { before: only(before), after: only(settings) }
    const subject = { subject_kind: 'tenant', subject_id: tenant_id } as const
    await recordAudit(trx, by, { tenant_id, action: 'change_settings', ...subject, detail })
    return { type: 'changed' }
  })
}
