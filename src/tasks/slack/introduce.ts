import { faultOf } from './fault.ts'

/** Whose workspace a token is for, as Slack says, or why Slack does not take it. */
export async function introduce(
  token: string,
  slackApiUrl: string,
): Promise<{ team_id: string; team_name: string } | { refused: string }> {
  const { WebClient } = await import('@slack/web-api')
  const client = new WebClient(token, { slackApiUrl, allowAbsoluteUrls: false, retryConfig: { retries: 0 } })
  try {
    const { team_id = '', team = '' } = await client.auth.test()
    return { team_id, team_name: team }
  } catch (error) {
    return { refused: faultOf(error).code }
  }
}
