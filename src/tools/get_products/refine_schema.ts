import { z } from 'zod'

const scopes = {
  request: { required: ['ask'], known: ['scope', 'ask'], actions: [] },
  product: {
    required: ['product_id'],
    known: ['scope', 'product_id', 'action', 'ask'],
    actions: ['include', 'omit', 'more_like_this'],
  },
  proposal: {
    required: ['proposal_id'],
    known: ['scope', 'proposal_id', 'action', 'ask'],
    actions: ['include', 'omit', 'finalize'],
  },
} as const satisfies Record<string, { required: string[]; known: string[]; actions: string[] }>

/** One change a buyer asks for. One object with the fields of all three scopes, checked to be one of them, because LLMs stumble over unions. */
export const refineEntry = z
  .looseObject({
    scope: z.enum(['request', 'product', 'proposal']),
    product_id: z.string().min(1).optional(),
    proposal_id: z.string().min(1).optional(),
    action: z.enum(['include', 'omit', 'more_like_this', 'finalize']).optional(),
    ask: z.string().min(1).max(5000).optional().describe('The change, in plain words.'),
  })
  .superRefine((entry, ctx) => {
    const { required, known, actions } = scopes[entry.scope]
    const wrong = (path: string, message: string) =>
      ctx.addIssue({ code: 'custom', path: [path], message, input: entry })
    for (const name of required)
      if (entry[name] === undefined) wrong(name, `is needed with scope ${entry.scope}`)
    for (const name of Object.keys(entry))
      if (!(known as readonly string[]).includes(name)) wrong(name, `does not go with scope ${entry.scope}`)
    const { action } = entry
    if (action !== undefined && actions.length > 0 && !(actions as readonly string[]).includes(action))
      wrong('action', `with scope ${entry.scope} is one of ${actions.join(', ')}`)
  })
export type RefineEntry = z.infer<typeof refineEntry>
