import type { Filters } from './filters.ts'
import type { Wish } from './compose_plans.ts'
import { readBudget } from './read_budget.ts'
import type { Request } from './request.ts'

const DAY = 86_400_000

/** What the buyer wants to spend and when: as the filters say, else as the words do. Dates are taken from filters alone. */
export function wishOf({ filters, brief, refine }: Request, currencies: readonly string[]): Wish {
  const words = [brief, ...(refine ?? []).map(({ ask }) => ask)].filter((text) => text !== undefined)
  return {
    budget: budgetOf(filters) ?? readBudget(words.join('\n'), currencies),
    currencies,
    flight: flightOf(filters),
  }
}

function budgetOf(filters: Filters | undefined) {
  const range = filters?.budget_range
  const amount = range?.max ?? range?.min
  return range && amount ? { amount, currency: range.currency } : undefined
}

function flightOf(filters: Filters | undefined) {
  if (filters?.start_date === undefined || filters.end_date === undefined) return null
  const start = new Date(`${filters.start_date}T00:00:00Z`)
  return { start, end: new Date(Date.parse(`${filters.end_date}T00:00:00Z`) + DAY) }
}
