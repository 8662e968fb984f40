/** What every call to an ad server is given. */
export interface Call {
  signal: AbortSignal
  /** 1 for the first try. */
  attempt: number
}

export type AdapterErrorClass =
  'transient' | 'rate_limited' | 'ambiguous' | 'permanent' | 'needs_human' | 'config'

/**
 * Why a call to an ad server came to nothing. `transient` was not carried out and may be tried again; `ambiguous` was
 * perhaps carried out; `permanent` is a refusal; `config` is ours to put right. Never carries headers, tokens or a cause that might.
 */
export class AdapterError extends Error {
  override name = 'AdapterError'
  readonly class: AdapterErrorClass
  readonly code: string
  readonly retry_after_ms: number | undefined
  constructor(
    errorClass: AdapterErrorClass,
    code: string,
    message: string,
    options: { retry_after_ms?: number } = {},
  ) {
    super(message)
    this.class = errorClass
    this.code = code
    this.retry_after_ms = options.retry_after_ms
  }
}
