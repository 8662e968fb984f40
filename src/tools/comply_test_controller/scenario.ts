import type { z } from 'zod'
import type { AccountRef } from '../../adcp/request_schemas.ts'
import type { Actor } from '../../commands/record.ts'
import type { Trx } from '../../db/database.ts'
import type { Output, Principal } from '../define-tool.ts'

/** Who plays, for which account if it says so, and when. */
export interface Sandbox {
  principal: Principal
  account: AccountRef | undefined
  now: Date
}

/** One thing the controller does: what it must be told, and the work within one transaction. */
export interface Scenario {
  params: z.ZodObject
  run(trx: Trx, params: never, sandbox: Sandbox): Promise<Output>
}
export const scenario = <P extends z.ZodObject>(
  params: P,
  run: (trx: Trx, params: z.infer<P>, sandbox: Sandbox) => Promise<Output>,
): Scenario => ({ params, run })

/** The controller's own codes (compliance/comply-test-controller-response.json), which are not AdCP's error codes. */
type Code =
  'INVALID_TRANSITION' | 'INVALID_STATE' | 'NOT_FOUND' | 'UNKNOWN_SCENARIO' | 'INVALID_PARAMS' | 'FORBIDDEN'

/** Why nothing was done. */
export class ControllerError extends Error {
  override name = 'ControllerError'
  readonly code: Code
  readonly current_state: string | null
  constructor(code: Code, message: string, current_state: string | null = null) {
    super(message)
    this.code = code
    this.current_state = current_state
  }
}

export const invalidParams = (message: string): ControllerError =>
  new ControllerError('INVALID_PARAMS', message)
export const notFound = (what: string): ControllerError =>
  new ControllerError('NOT_FOUND', `There is no such ${what} of yours.`)
export const invalidTransition = (from: string, to: string): ControllerError =>
  new ControllerError('INVALID_TRANSITION', `What is ${from} cannot become ${to}.`, from)

export const moved = (previous_state: string, current_state: string): Output => ({
  previous_state,
  current_state,
})

/** Who stands in the history: the buyer, playing the publisher. */
export const actorOf = ({ principal }: Sandbox): Actor => ({
  kind: 'operator',
  name: `${principal.name} by comply_test_controller`,
})
