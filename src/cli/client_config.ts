import { resolve } from 'node:path'
import { claudeDesktopServer } from '../client_config.ts'

/** What to paste into claude_desktop_config.json: a local (stdio) and a remote server. Paths are absolute, as Claude Desktop needs them. */
export function claudeDesktopConfig(options: {
  url: string
  token: string
  variables: Record<string, string>
}): string {
  const { url, token, variables } = options
  const local = {
    command: process.execPath,
    args: [resolve(process.argv[1] ?? 'dist/main.js'), 'stdio'],
    env: { ...variables, SALESDESK_TOKEN: token },
  }
  const remote = claudeDesktopServer({ url, token })
  return JSON.stringify({ mcpServers: { salesdesk: local, 'salesdesk-remote': remote } }, null, 2)
}
