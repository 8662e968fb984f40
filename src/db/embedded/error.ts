/** The bundled PostgreSQL cannot be used. The message says what happened and what to do about it. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError'
}

/** The same error if it already explains itself; one that names the folder if the file system refused something. */
export function explained(error: unknown, dataDir: string): unknown {
  const ofFiles = error instanceof Error && 'syscall' in error && !('address' in error)
  if (!ofFiles) return error
  const advice = 'Fix its permissions or choose another folder with SALESDESK_DATA_DIR.'
  const message = `The data folder ${dataDir} cannot be used: ${error.message}. ${advice}`
  return new EmbeddedPostgresError(message, { cause: error })
}
