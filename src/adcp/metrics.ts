import type { AdcpVersion } from './version.ts'

/** Names of delivery metrics as a release knows them: what 3.0 also calls video_completions, 3.1 only calls completed_views. */
export function metricsFor(version: AdcpVersion, names: readonly string[]): string[] {
  if (version === '3.0') return [...names]
  return [...new Set(names.map((name) => (name === 'video_completions' ? 'completed_views' : name)))]
}

/** Every metric a buyer of any release may ask to have reported (enums/available-metric.json). */
export const reportableMetrics = [
  'impressions',
  'spend',
  'clicks',
  'ctr',
  'views',
  'completed_views',
  'video_completions',
  'completion_rate',
  'conversions',
  'conversion_value',
  'roas',
  'cost_per_acquisition',
  'new_to_brand_rate',
  'leads',
  'reach',
  'frequency',
  'grps',
  'engagements',
  'engagement_rate',
  'follows',
  'saves',
  'profile_visits',
  'viewability',
  'quartile_data',
  'dooh_metrics',
  'cost_per_click',
  'cost_per_completed_view',
  'cpm',
  'downloads',
  'plays',
  'units_sold',
  'new_to_brand_units',
  'incremental_sales_lift',
  'brand_lift',
  'foot_traffic',
  'conversion_lift',
  'brand_search_lift',
] as const
