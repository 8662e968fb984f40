import type { AdcpVersion } from './version.ts'

/** Names of delivery metrics as a release knows them: what 3.0 also calls video_completions, 3.1 only calls completed_views. */
export function metricsFor(version: AdcpVersion, names: readonly string[]): string[] {
  if (version === '3.0') return [...names]
  return [...new Set(names.map((name) => (name === 'video_completions' ? 'completed_views' : name)))]
}
