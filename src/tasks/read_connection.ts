import { AdapterError } from '../adapters/adapter.ts'
import { compiled } from '../db/compiled.ts'
import type { Db } from '../db/database.ts'
import { SealError, type Seal } from '../seal.ts'
import { about } from '../sealed_columns.ts'

/** Where the secret of a connection may be found. */
export interface Secrets {
  seal: Seal | undefined
  /** The variable of this process with such a name. */
  variable(name: string): string | undefined
}

/**
 * How an ad server is reached, read anew each time, so that a secret that was just set counts. The sealed one goes before the
 * variable. @throws AdapterError('config') that says what to do where a secret cannot be had
 */
export async function readConnection(db: Db, connection_id: string, secrets: Secrets) {
  const [row] = await selectConnection(db, { connection_id })
  if (!row) throw new Error(`There is no connection ${connection_id}`)
  const { kind, settings, secret_name, secret_sealed } = row
  const secret = secret_sealed
    ? opened(secret_sealed, connection_id, secrets.seal)
    : named(secret_name, connection_id, secrets)
  return { kind, settings, secret }
}

const selectConnection = compiled((db, { connection_id }: { connection_id: string }) =>
  db
    .selectFrom('adapter_configs as c')
    .leftJoin('ad_server_secrets as kept', (join) =>
      join.onRef('kept.tenant_id', '=', 'c.tenant_id').onRef('kept.connection_id', '=', 'c.connection_id'),
    )
    .select(['c.kind', 'c.settings', 'c.secret_name', 'kept.secret_sealed'])
    .where('c.connection_id', '=', connection_id),
)

function opened(sealed: Buffer, connection_id: string, seal: Seal | undefined): string {
  try {
    if (seal) return seal.open(sealed, about('secret_sealed', connection_id))
  } catch (error) {
    if (!(error instanceof SealError)) throw error
  }
  const why = seal
    ? 'does not open with the encryption keys of this worker'
    : 'cannot be opened, because SALESDESK_ENCRYPTION_KEY is not set for this worker'
  throw new AdapterError(
    'config',
    'secret_sealed',
    `The secret of connection ${connection_id} ${why}. Start every worker with the key it was sealed under, or set the secret anew: salesdesk secret set ${connection_id}`,
  )
}

function named(name: string | null, connection_id: string, { variable }: Secrets): string | undefined {
  if (name === null) return undefined
  const secret = variable(name)
  if (secret !== undefined) return secret
  throw new AdapterError(
    'config',
    'secret_missing',
    `The environment variable ${name} of connection ${connection_id} is not set (its name must begin with SALESDESK_SECRET_), and no secret is kept sealed: salesdesk secret set ${connection_id}`,
  )
}
