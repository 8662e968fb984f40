import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { Refusal, rowOf, type Books } from './books.ts'
import { read } from './rules.ts'

/** As in dev.kevel.com/reference/create-queued-report: days are days of UTC, and the last is included. */
const Form = z.strictObject({
  StartDateISO: z.iso.datetime({ local: true }),
  EndDateISO: z.iso.datetime({ local: true }),
  GroupBy: z.tuple([z.literal('day'), z.literal('campaignId'), z.literal('optionId')]),
  Parameters: z.array(z.strictObject({ campaignId: z.int() })).max(1),
})

/** Numbers that a number of JavaScript could not hold are written into the answer as they stand. */
const asWritten = (digits: string) => `@@${digits}@@`

export function queue(books: Books, body: unknown): object {
  const asked = read(Form, body)
  if (asked.StartDateISO > asked.EndDateISO) throw new Refusal('The Start Date is after the End Date')
  const report = { Id: randomUUID(), asked, times: 0 }
  books.reports.push(report)
  return { Id: report.Id }
}

/** In progress the first times it is asked for, complete from then on. */
export function poll(books: Books, id: string): object {
  const report = books.reports.find(({ Id }) => Id === id)
  if (!report) throw new Refusal('No such report', 404)
  if (report.times++ < books.reportPolls) return { Id: id, Status: 1, Message: null }
  const { StartDateISO, EndDateISO, Parameters } = report.asked
  const [only] = Parameters
  const lines = books.shown
    .filter(({ day }) => StartDateISO.slice(0, 10) <= day && day <= EndDateISO.slice(0, 10))
    .map((line) => ({ ...line, campaignId: rowOf(books.flights, line.flight_id, 'Flight')['CampaignId'] }))
    .filter(({ campaignId }) => only === undefined || campaignId === only.campaignId)
  const days = [...new Set(lines.map(({ day }) => day))].sort()
  const Records = days.map((day) => ({
    Date: `${day}T00:00:00Z`,
    Details: lines
      .filter((line) => line.day === day)
      .map(({ flight_id, campaignId, impressions, clicks, revenue }) => ({
        Title: 'says "Revenue": 12',
        Impressions: impressions,
        Clicks: clicks,
        Revenue: asWritten(revenue),
        Grouping: { Date: `${day}T00:00:00Z`, CampaignId: campaignId, OptionId: flight_id, RateTypeId: 2 },
      })),
  }))
  return { Id: id, Status: 2, Message: null, Result: { StartDateISO, EndDateISO, Records } }
}
