/** One entry of Google's ApiException, as a handler or a test raises it. */
export interface ApiError {
  type: string
  reason?: string
  field_path?: string
  trigger?: string
}

/** A call Google refuses, with everything it found wrong. */
export class ApiException extends Error {
  readonly errors: readonly ApiError[]
  constructor(...errors: ApiError[]) {
    super(errors.map(spell).join('; '))
    this.errors = errors
  }
}

/** `ForecastError` spells itself ForecastingError in the text, as the real one does. */
export function spell({ type, reason, field_path, trigger }: ApiError): string {
  const spelt = type === 'ForecastError' ? 'ForecastingError' : type
  const place = field_path ? ` @ ${field_path}` : ''
  return `${spelt}.${reason ?? 'NOT_UNIQUE'}${place}${trigger ? `; trigger:'${trigger}'` : ''}`
}

/** Raises one error. */
export function fail(type: string, reason: string | undefined, field_path = '', trigger = ''): never {
  throw new ApiException({ type, field_path, trigger, ...(reason === undefined ? {} : { reason }) })
}
