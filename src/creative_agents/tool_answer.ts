import { z } from 'zod'
import { CreativeAgentError } from './error.ts'

const Result = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.unknown().optional(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).optional(),
})
const Code = z.string().regex(/^[A-Z][A-Z_]{1,60}$/)
const Refusal = z.looseObject({ code: Code })
const Refused = z.union([
  z.looseObject({ adcp_error: Refusal }).transform(({ adcp_error }) => adcp_error.code),
  z.looseObject({ errors: z.array(Refusal).min(1) }).transform(({ errors }) => errors[0]?.code),
])

/** What a tool answered: its structured content, or the JSON in its first text, as older agents have it. @throws CreativeAgentError */
export function answerOf(result: unknown): unknown {
  const { isError, structuredContent, content = [] } = Result.parse(result)
  const answer = structuredContent ?? parse(content.find(({ type }) => type === 'text')?.text ?? '')
  if (!isError) return answer
  const code = Refused.safeParse(answer).data
  throw new CreativeAgentError(code === undefined ? 'it refuses' : `it refuses with ${code}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
