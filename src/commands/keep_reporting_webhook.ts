import { AdcpError, throwProblems, type Problem } from '../adcp/error.ts'
import { metricsFor } from '../adcp/metrics.ts'
import { windowAt } from '../adcp/report_window.ts'
import type { ReportingWebhook } from '../adcp/webhook_schemas.ts'
import type { AdcpVersion } from '../adcp/version.ts'
import { webhookUrlProblem } from '../adcp/webhook_url.ts'
import type { Trx } from '../db/database.ts'
import { newId } from '../ids.ts'
import { keepPushNotificationConfig, type WebhookTerms } from './keep_push_notification_config.ts'

export interface ReportSubscription {
  tenant_id: string
  media_buy_id: string
  config: ReportingWebhook
  version: AdcpVersion
  context: Record<string, unknown> | undefined
  now: Date
}
interface Reporting {
  available_reporting_frequencies: string[]
  available_metrics: string[]
  supports_webhooks: boolean
}

/**
 * Keeps where a buyer wants reports of a media buy, in place of what it said before; the buy and its packages are there already.
 * False, and nothing kept, where a product is not reported by webhook. @throws AdcpError for a frequency or metric that is not offered.
 */
export async function keepReportingWebhook(
  trx: Trx,
  terms: WebhookTerms,
  { tenant_id, media_buy_id, config, version, context, now }: ReportSubscription,
): Promise<boolean> {
  const problem = webhookUrlProblem(config.url, terms.allowLoopback)
  if (problem) throw new AdcpError({ ...problem, field: 'reporting_webhook.url' })
  const { start_time, products } = await selectReporting(trx, tenant_id, media_buy_id)
  throwProblems([...frequencyProblems(config, products), ...metricProblems(config, products)])
  if (!products.every(({ supports_webhooks }) => supports_webhooks)) return false
  const { reporting_frequency, requested_metrics } = config
  const first = windowAt(reporting_frequency, new Date(Math.max(start_time.getTime(), now.getTime())))
  const task_id = newId('task')
  const task = { tenant_id, media_buy_id, task_id, task_type: 'media_buy_delivery' } as const
  await keepPushNotificationConfig(trx, terms, { ...task, config, version, context, now })
  await trx
    .updateTable('reporting_webhooks')
    .set({ replaced_at: now })
    .where('media_buy_id', '=', media_buy_id)
    .where('replaced_at', 'is', null)
    .execute()
  await trx
    .insertInto('reporting_webhooks')
    .values({
      task_id,
      tenant_id,
      media_buy_id,
      reporting_frequency,
      requested_metrics: requested_metrics ?? null,
      next_window_start: first.start,
      next_at: first.end,
      created_at: now,
    })
    .execute()
  return true
}

async function selectReporting(trx: Trx, tenant_id: string, media_buy_id: string) {
  const rows = await trx
    .selectFrom('media_packages as p')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'p.media_buy_id')
    .innerJoin('products as product', (join) =>
      join.onRef('product.tenant_id', '=', 'p.tenant_id').onRef('product.product_id', '=', 'p.product_id'),
    )
    .select(['buy.start_time', 'product.reporting_capabilities'])
    .where('p.tenant_id', '=', tenant_id)
    .where('p.media_buy_id', '=', media_buy_id)
    .execute()
  const [first] = rows
  if (!first) throw new AdcpError({ code: 'MEDIA_BUY_NOT_FOUND', message: 'There is no such media buy.' })
  const products = rows.map(({ reporting_capabilities }) => reporting_capabilities as unknown as Reporting)
  return { start_time: first.start_time, products }
}

function frequencyProblems({ reporting_frequency }: ReportingWebhook, products: Reporting[]): Problem[] {
  const offered = ['hourly', 'daily', 'monthly'].filter((one) =>
    products.every(({ available_reporting_frequencies: list }) => list.includes(one)),
  )
  if (offered.includes(reporting_frequency)) return []
  return [
    {
      code: 'UNSUPPORTED_FEATURE',
      message: `Not every product of this media buy is reported ${reporting_frequency}.`,
      field: 'reporting_webhook.reporting_frequency',
      suggestion:
        offered.length > 0
          ? `Use ${offered.join(' or ')}.`
          : 'Leave reporting_webhook out and ask get_media_buy_delivery.',
    },
  ]
}

function metricProblems({ requested_metrics = [] }: ReportingWebhook, products: Reporting[]): Problem[] {
  const offered = metricsFor(
    '3.1',
    products.flatMap(({ available_metrics }) => ['impressions', 'spend', ...available_metrics]),
  )
  return requested_metrics.flatMap((name, i): Problem[] =>
    metricsFor('3.1', [name]).every((one) => offered.includes(one))
      ? []
      : [
          {
            code: 'UNSUPPORTED_FEATURE',
            message: `No product of this media buy reports ${name}.`,
            field: `reporting_webhook.requested_metrics[${i}]`,
            suggestion: `Leave it out, or ask for some of ${offered.join(', ')}.`,
          },
        ],
  )
}
