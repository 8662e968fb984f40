import { AdcpError } from '../adcp/error.ts'

/** What `work` gives, or SERVICE_UNAVAILABLE after `ms`. The work itself goes on; nobody hears how it ends. */
export async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new AdcpError({
          code: 'SERVICE_UNAVAILABLE',
          message: `No answer within ${ms / 1000} seconds.`,
          retry_after: 5,
          suggestion: 'Try again with the same idempotency_key; a purchase is never made twice.',
        }),
      )
    }, ms)
  })
  // whichever loses must not become an unhandled rejection
  work.catch(() => {})
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
