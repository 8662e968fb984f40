import { noAnswer } from '../errors.ts'

export const dimensions = ['DATE', 'HOUR', 'ORDER_ID', 'LINE_ITEM_ID'] as const
export const columns = [
  'AD_SERVER_IMPRESSIONS',
  'AD_SERVER_CLICKS',
  // of every cost type we sell, not of CPM and CPC alone
  'AD_SERVER_ALL_REVENUE',
  'VIDEO_VIEWERSHIP_COMPLETE',
  'AD_SERVER_ACTIVE_VIEW_MEASURABLE_IMPRESSIONS',
  'AD_SERVER_ACTIVE_VIEW_VIEWABLE_IMPRESSIONS',
] as const

const header = [...dimensions.map((name) => `Dimension.${name}`), ...columns.map((name) => `Column.${name}`)]
type Name = (typeof dimensions | typeof columns)[number]

/** A report's first line. @throws AdapterError unless it names exactly what was asked for, in that order. */
export function checkHeader(line: string): void {
  if (line.replace(/^\uFEFF/, '') !== header.join(','))
    throw unreadable('its columns are not those asked for')
}

/** One line of a report: days, ids and whole numbers, so nothing is ever quoted. @throws AdapterError for anything else. */
export function readLine(line: string): Record<Name, string> {
  const cells = line.split(',')
  const [date = '', ...numbers] = cells
  if (cells.length !== header.length || !/^\d{4}-\d\d-\d\d$/.test(date) || !numbers.every(isNumber))
    throw unreadable('a line of it is no line of figures')
  return Object.fromEntries([...dimensions, ...columns].map((name, i) => [name, cells[i]])) as Record<
    Name,
    string
  >
}

/** `-` where Google has nothing to count, as completions of what is no video. */
const isNumber = (cell: string) => /^(\d{1,19}|-)$/.test(cell)

/** An error for a report that is not one. It may be another time. */
export function unreadable(why: string) {
  return noAnswer(
    { service: 'ReportService', operation: 'download' },
    'unreadable_report',
    `a report came, but ${why}`,
  )
}
