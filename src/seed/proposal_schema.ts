import { z } from 'zod'
import { fields, Id } from './file_words.ts'

/** A media plan the publisher made itself. Its shares of the budget add up to 100. */
export const Proposal = fields({
  proposal_id: Id,
  name: z.string().min(1).max(500),
  description: z.string().max(2000).default(''),
  allocations: z
    .array(
      fields({
        product_id: Id,
        pricing_option_id: Id,
        allocation_percentage: z
          .number()
          .min(1)
          .max(100)
          .refine((share) => Number(share.toFixed(2)) === share, 'may have two decimals at most'),
        rationale: z.string().min(1).optional(),
      }),
    )
    .min(1)
    .refine((list) => Math.round(sumOf(list) * 100) === 10_000, 'must have percentages that add up to 100'),
})

const sumOf = (list: { allocation_percentage: number }[]) =>
  list.reduce((sum, { allocation_percentage }) => sum + allocation_percentage, 0)
