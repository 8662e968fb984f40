import type { Problem } from './error.ts'

const loopback = ['127.0.0.1', 'localhost', '[::1]']
const field = 'push_notification_config.url'

/** What is wrong with an address for webhooks, as far as it can be seen without a look at the network. */
export function webhookUrlProblem(address: string, allowLoopback: boolean): Problem | undefined {
  const url = new URL(address)
  const plain = allowLoopback && url.protocol === 'http:' && loopback.includes(url.hostname)
  if (url.protocol !== 'https:' && !plain)
    return wrong('Webhooks go to https addresses only.', 'Give an https:// URL.')
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    return wrong(
      'A webhook URL holds no user, password or fragment.',
      'Use authentication or token, and leave them out of the URL.',
    )
  return undefined
}

const wrong = (message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
