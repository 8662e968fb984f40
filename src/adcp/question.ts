import { z } from 'zod'

/** What people at a publisher asked the buyer of a purchase, or of a change of one. */
export interface Question {
  context_id: string
  /** The tool that is called again with the answer. */
  task_type: string
  question: string
}

/** The most an answer may be; longer things are told by phone. */
const LONGEST_ANSWER = 4000

const Answering = z.object({ salesdesk: z.object({ answer: z.string() }) })

/** What a request says in answer to a question; undefined where it says nothing, and cut where nobody would read on. */
export function answerOf(ext: unknown): string | undefined {
  const answer = Answering.safeParse(ext).data?.salesdesk.answer.trim()
  return answer === undefined || answer === '' ? undefined : answer.slice(0, LONGEST_ANSWER)
}

/** How to answer, for an agent that reads nothing but this. */
export const howToAnswer = ({ context_id, task_type }: Omit<Question, 'question'>): string =>
  `Call ${task_type} again with the same request, a new idempotency_key, "context_id": "${context_id}" and "ext": {"salesdesk": {"answer": "your answer"}}.`

/** The question as a buyer reads it, with the way to answer. */
export const asked = (question: Question): string =>
  `The publisher asks: ${question.question}\n${howToAnswer(question)}`
