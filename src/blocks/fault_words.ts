const words: Record<string, string> = {
  channel_not_found:
    'the app sees no such channel: check its id, and in a private one type /invite @Salesdesk',
  not_in_channel: 'the app is not in the channel: type /invite @Salesdesk there',
  is_archived: 'the channel is archived: bring it back, or choose another',
  restricted_action: 'the workspace lets apps post nothing there: choose another channel, or ask its owner',
  restricted_action_read_only_channel: 'nobody may post in that channel: choose another',
  invalid_auth: 'Slack does not know the token: install the app again, or give its new token',
  not_authed: 'no token was sent: give one, or install the app',
  token_revoked: 'the token was taken back: install the app again',
  token_expired: 'the token is too old: turn token rotation off in the app, and install it again',
  account_inactive: 'the app was taken out of the workspace: install it again',
  missing_scope: 'the app may not do that: compare its scopes with the manifest, and install it again',
  ekm_access_denied: 'the workspace’s owner has suspended what apps may do',
  team_access_not_granted: 'the app was not let into this workspace: ask its owner',
  rate_limited: 'Slack wants us to wait; it is tried again by itself',
  unreachable: 'Slack cannot be reached from here; it is tried again by itself',
  no_service: 'the incoming webhook is gone: make a new one, and connect it',
  invalid_token: 'the incoming webhook is gone: make a new one, and connect it',
  forbidden_destination:
    'the incoming webhook is not https on the public internet, and no message goes there: connect the one Slack gave you',
  http_404: 'the incoming webhook is gone: make a new one, and connect it',
  http_403: 'the incoming webhook may not post there any more: make a new one, and connect it',
}

/** What is wrong, in words, from what `slack_connections.last_error` keeps; what nobody foresaw stays as Slack says it. */
export function faultWords(error: string): string {
  const [code = '', ...scopes] = error.split(' ')
  if (code === 'missing_scope' && scopes.length > 0)
    return `the app lacks the scope ${scopes.join(' ')}: add it under OAuth & Permissions, and install it again`
  if (/^http_5/.test(code)) return `Slack is in trouble (${code.slice(5)}); it is tried again by itself`
  return words[error] ?? error
}

interface Told {
  way: string
  channel_id: string | null
  uninstalled_at: Date | null
  failures: number
  last_error: string | null
}
/** So often in a row Slack has to fail before somebody should look; it does now and then. */
const FAILURES_TO_TELL = 3

/** What keeps a publisher's people from being told in Slack, in words; undefined where nothing does. */
export function slackTrouble({
  way,
  channel_id,
  uninstalled_at,
  failures,
  last_error,
}: Told): string | undefined {
  if (uninstalled_at !== null) return 'the workspace took the app out: install it again'
  if (way !== 'incoming_webhook' && channel_id === null) return 'no channel is chosen yet'
  return failures >= FAILURES_TO_TELL && last_error !== null ? faultWords(last_error) : undefined
}
