/** What a program is told to reach the desk as one buyer: a text to paste, and where into. */
export interface ClientConfig {
  client: string
  /** Where the text goes. */
  file: string
  text: string
  /** A link that opens the program and fills this in; it never carries a token, since links are kept and shared. */
  link?: { name: string; href: string; then: string }
}
/** Where the desk answers MCP, and a token of the buyer; undefined where each program asks or is given it. */
export interface Connection {
  url: string
  token: string | undefined
}
const PLACEHOLDER = 'PASTE-THE-TOKEN-HERE'

/** How Claude Desktop, Cursor, VS Code and any other client of MCP are told, as their newest releases take it. */
export function clientConfigs(connection: Connection): ClientConfig[] {
  return [claudeDesktop(connection), cursor(connection), vsCode(connection), anyClient(connection)]
}

/**
 * Claude Desktop starts programs only, so mcp-remote carries what it says. The header is put together from a variable: on Windows
 * an argument with a space in it falls apart.
 */
export function claudeDesktopServer({ url, token = PLACEHOLDER }: Connection) {
  const plain = url.startsWith('http:') && !isLoopback(url) ? ['--allow-http'] : []
  return {
    command: 'npx',
    args: ['-y', 'mcp-remote@latest', url, '--transport', 'http-only', ...plain].concat(
      '--header',
      'Authorization:${AUTH_HEADER}',
    ),
    env: { AUTH_HEADER: `Bearer ${token}` },
  }
}

function claudeDesktop(connection: Connection): ClientConfig {
  return {
    client: 'Claude Desktop',
    file: 'claude_desktop_config.json: Settings, Developer, Edit Config. Then quit Claude and open it again.',
    text: json({ mcpServers: { salesdesk: claudeDesktopServer(connection) } }),
  }
}

function cursor({ url, token }: Connection): ClientConfig {
  const server = (secret: string) => ({ url, headers: { Authorization: `Bearer ${secret}` } })
  const variable = '${env:SALESDESK_TOKEN}'
  const config = Buffer.from(JSON.stringify(server(variable))).toString('base64')
  return {
    client: 'Cursor',
    file: '~/.cursor/mcp.json, or .cursor/mcp.json in a project.',
    text: json({ mcpServers: { salesdesk: server(token ?? variable) } }),
    link: {
      name: 'Add to Cursor',
      href: `cursor://anysphere.cursor-deeplink/mcp/install?name=salesdesk&config=${encodeURIComponent(config)}`,
      then: 'It reads the token from the variable SALESDESK_TOKEN of its environment.',
    },
  }
}

function vsCode({ url, token }: Connection): ClientConfig {
  const input = {
    type: 'promptString',
    id: 'salesdesk-token',
    description: 'Salesdesk token',
    password: true,
  }
  const server = (secret: string) => ({
    type: 'http',
    url,
    headers: { Authorization: `Bearer ${secret}` },
  })
  const asked = '${input:salesdesk-token}'
  const install = { name: 'salesdesk', ...server(asked), inputs: [input] }
  return {
    client: 'VS Code',
    file: '.vscode/mcp.json in a workspace, or the command “MCP: Open User Configuration”.',
    text: json({
      ...(token === undefined && { inputs: [input] }),
      servers: { salesdesk: server(token ?? asked) },
    }),
    link: {
      name: 'Add to VS Code',
      href: `vscode:mcp/install?${encodeURIComponent(JSON.stringify(install))}`,
      then: 'It asks for the token once and keeps it among its secrets.',
    },
  }
}

function anyClient({ url, token = PLACEHOLDER }: Connection): ClientConfig {
  return {
    client: 'Any other client',
    file: 'Streamable HTTP; the token goes into a header.',
    text: json({ type: 'streamable-http', url, headers: { Authorization: `Bearer ${token}` } }),
  }
}

const json = (value: unknown) => JSON.stringify(value, null, 2)
const isLoopback = (url: string) => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
