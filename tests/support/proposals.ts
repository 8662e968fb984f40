import type { Args, TestBuyer, ToolAnswer } from './desk.ts'

export interface Proposed {
  proposal_id: string
  proposal_status: string
  expires_at: string
  name: string
  brief_alignment?: string
  insertion_order?: { io_id: string; requires_signature: boolean; terms: Args }
  total_budget_guidance: { min: number; recommended?: number; currency: string }
  allocations: {
    product_id: string
    pricing_option_id: string
    allocation_percentage: number
    rationale: string
  }[]
}
export const proposalsOf = ({ body }: ToolAnswer) => (body['proposals'] ?? []) as Proposed[]

/** The proposals a brief is answered with. */
export async function proposalsFor(buyer: TestBuyer, brief: string, rest: Args = {}): Promise<Proposed[]> {
  return proposalsOf(await buyer.call('get_products', { buying_mode: 'brief', brief, ...rest }))
}

/** Asks for these proposals to be promised. */
export function finalize(
  buyer: TestBuyer,
  proposalIds: readonly string[],
  rest: Args = {},
): Promise<ToolAnswer> {
  const refine = proposalIds.map((proposal_id) => ({ scope: 'proposal', proposal_id, action: 'finalize' }))
  return buyer.call('get_products', { buying_mode: 'refine', refine, ...rest })
}
