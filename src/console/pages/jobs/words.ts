import type { JobName } from '../../../jobs.ts'
import type { TenantJob } from '../../../queries/jobs.ts'

/** What a job does, as somebody who runs the business would say it. */
export function whatItDoes(job: Pick<TenantJob, 'task' | 'brand' | 'connection' | 'about'>): string {
  const say = sentences[job.task as JobName]
  return say
    ? say({ brand: job.brand ?? 'it', connection: job.connection ?? 'it', about: job.about ?? 'it' })
    : job.task
}

/** Why a job cannot be taken out of the queue. */
export const whyItStays = (task: string): string =>
  reasons[task as JobName] ?? 'Something would wait for it for ever.'

type Named = Record<'brand' | 'connection' | 'about', string>
const sentences: Partial<Record<JobName, (named: Named) => string>> = {
  fulfil_media_buy: ({ brand, connection }) =>
    `Bring the order of ${brand} on ${connection} to what is wanted`,
  turn_media_buy: ({ brand }) => `Begin or end ${brand} by the clock`,
  deliver_webhook: ({ brand }) => `Tell the buyer of ${brand}`,
  sync_adapter_capabilities: ({ connection }) => `Learn what ${connection} can do`,
  take_forecasts: ({ connection }) => `Ask ${connection} how much there is to sell`,
  sync_ad_server: ({ connection }) => `Read what ${connection} holds`,
  read_delivery: ({ connection }) => `Read what was delivered on ${connection}`,
  read_standings: ({ connection }) => `Ask ${connection} how its orders stand`,
  check_authorisation: ({ about }) => `Check that ${about} lets you sell it`,
  read_creative_agent: ({ about }) => `Read the formats of ${about}`,
  tell_slack: () => 'Tell your people in Slack',
}

const reasons: Partial<Record<JobName, string>> = {
  fulfil_media_buy: 'Without it the order would hang half done. To call it off, cancel the media buy.',
  turn_media_buy: 'Without it the media buy would not begin or end.',
  deliver_webhook: 'The buyer is to hear of it. It is given up by itself after a day.',
  sync_adapter_capabilities: 'Without it nobody knows what can be sold there.',
  sync_ad_server: 'The synchronisation it belongs to would wait for it.',
  tell_slack: 'Your people would not be told.',
}
