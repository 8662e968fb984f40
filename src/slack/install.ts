import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InstallProvider, Installation, OrgInstallation } from '@slack/oauth'
import { connectSlack } from '../commands/slack/connect.ts'
import { openInstallation, takeInstallation, type Installer } from '../commands/slack/installation.ts'
import { boltLog } from './bolt.ts'
import type { SlackDesk, SlackOAuth } from './desk.ts'
import { installPage, sayOn } from './install_pages.ts'

/** What the app asks of a workspace; the same as in docs/examples/slack-app-manifest.yaml. */
export const scopes = [
  'chat:write',
  'chat:write.public',
  'commands',
  'users:read',
  'users:read.email',
  'channels:history',
  'groups:history',
]

/** This cannot be installed as it is; the message says why, to whoever installs it. */
class NotInstalled extends Error {
  override name = 'NotInstalled'
}
const begunAnew =
  'This link was used before, is older than 15 minutes, or was begun in another browser. Begin again in the settings of the console.'

/** The link that installs the app to a workspace, and where Slack sends people back to. */
export async function createInstaller(desk: SlackDesk, oauth: SlackOAuth) {
  const { InstallProvider } = await import('@slack/oauth')
  const installer: InstallProvider = new InstallProvider({
    clientId: oauth.clientId,
    clientSecret: oauth.clientSecret,
    authorizationUrl: new URL('/oauth/v2/authorize', desk.apiUrl).href,
    clientOptions: { slackApiUrl: desk.apiUrl, retryConfig: { retries: 0 } },
    stateStore: {
      async generateStateParam({ metadata = '' }) {
        const state = await openInstallation(desk.db, metadata, desk.clock())
        if (state === undefined) throw new NotInstalled(begunAnew)
        return state
      },
      async verifyStateParam(_now, state) {
        const begun = await takeInstallation(desk.db, state, desk.clock())
        if (!begun) throw new NotInstalled(begunAnew)
        return { scopes, redirectUri: oauth.redirectUri, metadata: JSON.stringify(begun) }
      },
    },
    installationStore: {
      storeInstallation: (installation) => keep(desk, oauth, installation),
      fetchInstallation: () => Promise.reject(new Error('tokens are read from slack_connections')),
    },
    renderHtmlForInstallPath: installPage,
    logger: boltLog(desk.log),
  })
  return {
    async begin(request: IncomingMessage, response: ServerResponse) {
      const link = new URL(request.url ?? '', 'http://desk').searchParams.get('link') ?? ''
      const asked = { scopes, redirectUri: oauth.redirectUri, metadata: link }
      await installer.handleInstallPath(request, response, undefined, asked).catch(() => {
        sayOn(response, 404, 'Not installed', begunAnew)
      })
    },
    async end(request: IncomingMessage, response: ServerResponse) {
      await installer.handleCallback(request, response, {
        success: ({ team }, { metadata = '{}' }) => {
          const { tenant_id, user_id } = JSON.parse(metadata) as Installer
          if (user_id !== undefined)
            return void response
              .writeHead(303, { location: `${desk.consoleUrl}/${tenant_id}/settings` })
              .end()
          const next = 'Say which channel is told: salesdesk slack set --channel C0123456789'
          sayOn(response, 200, `Installed in ${team?.name ?? 'Slack'}`, next)
        },
        failure: (error) => {
          sayOn(response, 400, 'Not installed', whyNot(error))
        },
      })
    },
  }
}

async function keep(
  { db, clock }: SlackDesk,
  { seal }: SlackOAuth,
  installed: Installation | OrgInstallation,
) {
  const { team, bot, appId: app_id, isEnterpriseInstall } = installed
  const { tenant_id, begun_by, user_id } = JSON.parse(String(installed.metadata)) as Installer
  if (isEnterpriseInstall || !team)
    throw new NotInstalled('Install it to one workspace, not to a whole organization.')
  if (!bot)
    throw new NotInstalled('Slack gave no bot token. Compare the app with the manifest of docs/slack.md.')
  if (bot.refreshToken !== undefined)
    throw new NotInstalled('Turn token rotation off in the settings of the app, and install it again.')
  const named = { team_id: team.id, team_name: team.name ?? team.id }
  await connectSlack(db, {
    tenant_id,
    how: { way: 'own_token', team: named, token: bot.token, seal, ...(app_id !== undefined && { app_id }) },
    by: begun_by,
    ...(user_id !== undefined && { user_id }),
    now: clock(),
  })
}

function whyNot(error: Error & { code?: string; data?: { error?: string } }): string {
  if (error.name === 'NotInstalled') return error.message
  if (error.message.includes('cancelled')) return 'It was cancelled in Slack. Nothing was changed.'
  if (error.code === 'slack_webapi_platform_error')
    return `Slack says ${error.data?.error ?? 'no'}. Nothing was changed.`
  if (error.code === 'slack_oauth_invalid_state_error' || error.code === 'slack_oauth_missing_state_error')
    return begunAnew
  return 'Slack could not be asked. Begin again in a minute.'
}
