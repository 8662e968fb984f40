/** Errors written for the person at the keyboard; their message is enough. */
const written = [
  'ConfigError',
  'DeskFolderError',
  'EmbeddedPostgresError',
  'MigrationError',
  'PublisherFileError',
  'UnknownPrincipalError',
  'SubjectError',
  'UntrustworthyKeyError',
  'TokenError',
  'TenantError',
  'DecisionError',
  'StepError',
  'SyncError',
  'PropertiesError',
  'UnknownAgentError',
  'WebhookError',
  'SealError',
  'SecretError',
  'SlackCommandError',
  'UnwellError',
  'DemoError',
]

interface SystemError extends NodeJS.ErrnoException {
  port?: number
  address?: string
  hostname?: string
}

/** What to print when a command fails: what happened and what to do, or the whole error where we did not expect it. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (written.includes(error.name)) return error.message
  const { code, port, address, path, hostname } = error as SystemError
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${address} is in use. Set PORT to another one (0 takes any), or stop what uses it.`
    case 'EADDRNOTAVAIL':
      return `${address} is no address of this machine. Set HOST to one that is; 0.0.0.0 stands for all of them.`
    case 'EACCES':
      return `Not allowed: ${path ?? `port ${port}`}. Choose another with PORT or SALESDESK_DATA_DIR, or change the permissions.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${hostname} cannot be found (${code}). Check the names in DATABASE_URL and HOST.`
    case 'ECONNREFUSED':
    case 'ETIMEDOUT':
      return `The database cannot be reached (${code}). Check DATABASE_URL, or leave it empty to use the embedded PostgreSQL.`
    case '28P01':
    case '28000':
    case '3D000':
      return `The database refuses us: ${error.message}. Check user, password and name in DATABASE_URL.`
    default:
      return `Something failed that should not have; please report it.\n${error.stack ?? error.message}`
  }
}
