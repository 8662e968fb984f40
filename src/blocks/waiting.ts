import type { DayInFigures, Waiting } from '../queries/waiting.ts'
import { askButton, requestValue } from './approval.ts'
import type { Block, Home, Message } from './block.ts'
import { matter } from './concern.ts'
import { creativeValue } from './creative.ts'
import { count, flight, money } from './figures.ts'
import { resolveButtons } from './question.ts'
import { actions, button, context, header, lines, link, marked, oneLine, plain, section } from './words.ts'

/** What waits, in the tab of the app that only this person sees; buttons only where the person may decide. */
export function homeView(waiting: readonly Seen[], console: ConsoleOf): Home {
  const blocks = waiting.flatMap((one) => [
    header(`${oneLine(one.publisher, 80)}: what waits`),
    ...waitingBlocks(one, one.mayDecide, console(one.tenant_id)),
  ])
  // 100 blocks are all Slack takes
  return { type: 'home', blocks: blocks.slice(0, 100) }
}
/** What waits at a publisher, and whether whoever sees it may decide there. */
export type Seen = Waiting & { mayDecide: boolean }
/** Where a publisher's pages are; undefined where there are none. */
export type ConsoleOf = (tenant_id: string) => string | undefined

/** The home of somebody who is no user of the desk, or not yet known by this Slack account. */
export const strangersHome = (): Home => ({
  type: 'home',
  blocks: [
    header('Salesdesk'),
    section(
      plain(
        'Your Slack account is not connected to a user of the desk. An administrator can do that with `salesdesk slack user`, or invite you under the e-mail address you have here.',
      ),
    ),
  ],
})

/** The same as the answer to /salesdesk pending. */
export function pendingMessage(waiting: readonly Waiting[], console: ConsoleOf): Message {
  const blocks = waiting.flatMap((one) => [
    header(`${oneLine(one.publisher, 80)}: what waits`),
    ...waitingBlocks(one, false, console(one.tenant_id)),
  ])
  return { text: 'What waits for a person', blocks: blocks.slice(0, 50) }
}

function waitingBlocks(waiting: Waiting, mayDecide: boolean, console: string | undefined): Block[] {
  const { approvals, questions, creatives, troubled, counts } = waiting
  if (counts.approvals + counts.questions + counts.creatives + counts.troubled === 0)
    return [lines('Nothing waits for a person.')]
  return [
    // first, because what does not fit into Slack is left out at the end
    ...(console === undefined ? [] : [actions(link('Open the console', console))]),
    ...title('Approvals', counts.approvals),
    ...approvals.flatMap((request) => {
      const { agent, brand_domain, wanted, total_budget, currency, start_time, end_time } = request
      const what = `${oneLine(agent, 80)} for ${oneLine(brand_domain, 80)}: ${money(wanted?.total_budget ?? total_budget, currency)}`
      const value = requestValue(request)
      const details = button('details', 'Details', { value })
      return [
        lines(`${what}${wanted ? ' (a change)' : ''}`, flight(start_time, wanted?.end_time ?? end_time)),
        mayDecide
          ? actions(
              button('approve', 'Approve', { value, style: 'primary' }),
              button('reject', 'Reject…', { value, style: 'danger' }),
              ...askButton(request),
              details,
            )
          : actions(details),
      ]
    }),
    ...andMore(approvals.length, counts.approvals),
    ...title('Orders that need a person', counts.questions),
    ...questions.flatMap((question) => [
      lines(`${oneLine(question.brand_domain, 80)} on ${oneLine(question.connection, 80)}`, question.title),
      ...(mayDecide ? [actions(...resolveButtons(question))] : []),
    ]),
    ...andMore(questions.length, counts.questions),
    ...title('Creatives', counts.creatives),
    ...creatives.flatMap((creative) => {
      const value = creativeValue(creative)
      return [
        lines(`${oneLine(creative.name, 120)} of ${oneLine(creative.agent, 80)}, ${creative.format_id}`),
        ...(mayDecide && value.length <= 2000
          ? [
              actions(
                button('approve_creative', 'Approve', { value, style: 'primary' }),
                button('reject_creative', 'Reject…', { value, style: 'danger' }),
              ),
            ]
          : []),
      ]
    }),
    ...andMore(creatives.length, counts.creatives),
    ...title('Media buys that do not deliver as they should', counts.troubled),
    ...troubled.map(({ brand_domain, packages }) =>
      lines(oneLine(brand_domain, 80), ...packages.slice(0, 3).map(matter)),
    ),
    ...andMore(troubled.length, counts.troubled),
  ]
}

const andMore = (shown: number, all: number): Block[] =>
  all > shown ? [context(plain(`and ${count(all - shown)} more, in the console`))] : []
const title = (what: string, n: number): Block[] =>
  n === 0 ? [] : [section(marked(`*${what}: ${count(n)}*`))]

/** What happened in the last day and what waits, once a day. */
export function summaryMessage(
  figures: DayInFigures,
  waiting: Waiting,
  console: string | undefined,
): Message {
  const { counts, publisher } = waiting
  const { bought, running, failed_syncs } = figures
  const sold = bought.map(({ currency, buys, total }) => `${count(buys)} for ${money(total, currency)}`)
  return {
    text: `The day in figures: ${figures.day}`,
    blocks: [
      header(`${oneLine(publisher, 100)}: ${figures.day}`),
      lines(
        `Bought in the last 24 hours: ${sold.length > 0 ? sold.join(', ') : 'nothing'}`,
        `Running now: ${count(running)}`,
        `Waiting for approval: ${count(counts.approvals)}`,
        `Orders that need a person: ${count(counts.questions)}`,
        counts.creatives > 0 ? `Creatives to review: ${count(counts.creatives)}` : undefined,
        counts.troubled > 0
          ? `⚠ Media buys that do not deliver as they should: ${count(counts.troubled)}`
          : undefined,
        failed_syncs > 0 ? `⚠ Ad servers that could not be read: ${count(failed_syncs)}` : undefined,
      ),
      context(plain('Use /salesdesk pending to see what waits')),
      ...(console === undefined ? [] : [actions(link('Open the console', console))]),
    ],
  }
}
