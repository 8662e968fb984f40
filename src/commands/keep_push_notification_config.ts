import { AdcpError } from '../adcp/error.ts'
import type { PushNotificationConfig } from '../adcp/webhook_schemas.ts'
import type { AdcpVersion } from '../adcp/version.ts'
import type { TaskType } from '../adcp/webhook_payload.ts'
import { webhookUrlProblem } from '../adcp/webhook_url.ts'
import { jsonb, type Trx } from '../db/database.ts'
import type { WebhookScheme } from '../db/schema.ts'
import type { Seal } from '../seal.ts'
import { about } from '../sealed_columns.ts'
import { ensureSigningKey } from './ensure_signing_key.ts'

/** On what terms this desk promises webhooks. */
export interface WebhookTerms {
  seal: Seal
  /** In development: http to this machine is allowed. */
  allowLoopback: boolean
}
export interface Subscription {
  tenant_id: string
  media_buy_id: string
  task_id: string
  task_type: TaskType
  config: PushNotificationConfig
  version: AdcpVersion
  context: Record<string, unknown> | undefined
  now: Date
}

const schemes: Record<string, WebhookScheme> = { 'HMAC-SHA256': 'hmac_sha256', Bearer: 'bearer' }

/** Keeps where a buyer wants to be told about a task, in place of what it said before, its secrets sealed. @throws AdcpError when it could never be sent there. */
export async function keepPushNotificationConfig(
  trx: Trx,
  { seal, allowLoopback }: WebhookTerms,
  { tenant_id, media_buy_id, task_id, task_type, config, version, context, now }: Subscription,
): Promise<void> {
  const problem = webhookUrlProblem(config.url, allowLoopback)
  if (problem) throw new AdcpError(problem)
  const { token, authentication } = config
  const scheme = schemes[authentication?.schemes[0] ?? ''] ?? 'rfc9421'
  // with the first buyer that wants signatures, so that the key is published before anything is signed with it
  if (scheme === 'rfc9421') await ensureSigningKey(trx, seal, tenant_id)
  const wanted = {
    operation_id: config.operation_id ?? null,
    url: config.url,
    scheme,
    token_sealed: token === undefined ? null : seal.close(token, about('token_sealed', media_buy_id)),
    credentials_sealed: authentication
      ? seal.close(authentication.credentials, about('credentials_sealed', media_buy_id))
      : null,
    adcp_version: version,
    context: context ? jsonb(context) : null,
  }
  await trx
    .insertInto('push_notification_configs')
    .values({ media_buy_id, tenant_id, task_id, task_type, ...wanted, created_at: now })
    .onConflict((oc) => oc.column('task_id').doUpdateSet(wanted))
    .execute()
}
