/**
 * Every column that is kept sealed: the table it is in, the key of its row, and what its value is bound to. The name of such a
 * column ends with _sealed. Whoever seals, opens or reseals goes by this list.
 */
export const sealedColumns = {
  token_sealed: {
    table: 'push_notification_configs',
    row: 'task_id',
    word: 'token',
    of: 'media_buy_id',
  },
  credentials_sealed: {
    table: 'push_notification_configs',
    row: 'task_id',
    word: 'credentials',
    of: 'media_buy_id',
  },
  private_sealed: { table: 'webhook_signing_keys', row: 'kid', word: 'key', of: 'kid' },
  invoice_bank_sealed: {
    table: 'media_buys',
    row: 'media_buy_id',
    word: 'invoice_bank',
    of: 'media_buy_id',
  },
  secret_sealed: {
    table: 'ad_server_secrets',
    row: 'connection_id',
    word: 'ad_server_secret',
    of: 'connection_id',
  },
  bearer_sealed: {
    table: 'creative_agents',
    row: 'creative_agent_id',
    word: 'creative_agent_bearer',
    of: 'creative_agent_id',
  },
  bot_token_sealed: {
    table: 'slack_connections',
    row: 'tenant_id',
    word: 'slack_token',
    of: 'tenant_id',
  },
  signing_secret_sealed: {
    table: 'slack_connections',
    row: 'tenant_id',
    word: 'slack_signing_secret',
    of: 'tenant_id',
  },
  webhook_url_sealed: {
    table: 'slack_connections',
    row: 'tenant_id',
    word: 'slack_webhook',
    of: 'tenant_id',
  },
  escalation_webhook_url_sealed: {
    table: 'slack_connections',
    row: 'tenant_id',
    word: 'slack_escalation_webhook',
    of: 'tenant_id',
  },
} as const

export type SealedColumn = keyof typeof sealedColumns

/** What a sealed value is about: it opens only for the subject it was closed for. */
export function about(column: SealedColumn, id: string): string {
  return `${sealedColumns[column].word}:${id}`
}
