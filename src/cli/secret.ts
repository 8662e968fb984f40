import type { Command } from 'commander'
import { AdapterError } from '../adapters/adapter.ts'
import { trySecret } from '../connections.ts'
import { removeAdServerSecret } from '../commands/remove_ad_server_secret.ts'
import { setAdServerSecret } from '../commands/set_ad_server_secret.ts'
import type { Config } from '../config.ts'
import type { Db } from '../db/database.ts'
import { selectSecrets } from '../queries/ad_server_secrets.ts'
import { operator, say, withDb, type Environment } from './environment.ts'
import { ownSeal } from './own_seal.ts'
import { readSecret, SecretError } from './read_secret.ts'
import { chooseTenant } from './tenant.ts'

interface Options {
  tenant?: string
}

export function registerSecret(program: Command): void {
  const secret = program
    .command('secret')
    .description('Look after what the ad servers know the publisher by: keys and passwords, kept sealed.')
  const command = (name: string, description: string) =>
    secret
      .command(name)
      .description(description)
      .option('--tenant <id>', 'whose connections; needed where there are several publishers')

  command('set', 'Keep the secret of a connection sealed. Running workers use it at once.')
    .argument('<connection_id>', 'as in the publisher file')
    .argument('[file]', 'where the secret is; unless given, it is read from stdin')
    .action((connection: string, file: string | undefined, { tenant }: Options) =>
      withDb((db, environment) => set(db, environment, { connection, file, tenant })),
    )
  command('list', 'Say of each connection where its secret is, and since when. Shows none.').action(
    ({ tenant }: Options) => withDb((db, { config }) => list(db, config, tenant)),
  )
  command('remove', 'Forget the sealed secret of a connection.')
    .argument('<connection_id>', 'as salesdesk secret list shows it')
    .action((connection: string, { tenant }: Options) => withDb((db) => remove(db, connection, tenant)))
}

interface ToSet {
  connection: string
  file: string | undefined
  tenant: string | undefined
}

async function set(db: Db, { config }: Environment, { connection: connection_id, file, tenant }: ToSet) {
  const tenant_id = await chooseTenant(db, tenant)
  const known = await selectSecrets(db, tenant_id).execute()
  const connection = known.find((one) => one.connection_id === connection_id && one.archived_at === null)
  if (!connection) throw unknownConnection(connection_id, known)
  const seal = ownSeal(config)
  const secret = await readSecret(file)
  await trySecret(db, connection_id, secret).catch((error: unknown) => {
    throw error instanceof AdapterError ? new SecretError(`${error.message}. Nothing was kept.`) : error
  })
  const by = operator()
  if (!(await setAdServerSecret(db, seal, { tenant_id, connection_id, secret, by, now: new Date() })))
    throw unknownConnection(connection_id, known)
  const ignored =
    connection.secret_name === null ? '' : ` ${connection.secret_name} is not looked at any more.`
  say(`The secret of ${connection_id} is kept sealed. Workers use it from their next call on.${ignored}`)
}

function unknownConnection(id: string, known: readonly { connection_id: string }[]) {
  const list = known.map(({ connection_id }) => connection_id).join(', ')
  return new SecretError(`There is no connection ${id}. Known: ${list || 'none'}. Nothing was kept.`)
}

async function list(db: Db, config: Config, tenant: string | undefined) {
  const rows = await selectSecrets(db, await chooseTenant(db, tenant)).execute()
  if (rows.length === 0) return say('There is no connection to an ad server.')
  for (const row of rows) {
    const archived = row.archived_at === null ? '' : ' (no longer used)'
    say(`${row.connection_id}  ${whereabouts(row, config)}${archived}`)
  }
}

interface Kept {
  secret_name: string | null
  set_at: Date | null
  set_by: string | null
}

function whereabouts({ secret_name, set_at, set_by }: Kept, config: Config): string {
  if (set_at) return `sealed, set by ${set_by} on ${set_at.toISOString()}`
  if (secret_name === null) return 'none'
  const here = config.secret(secret_name) === undefined ? 'not set' : 'set'
  return `the variable ${secret_name}, ${here} in this environment; a worker reads its own`
}

async function remove(db: Db, connection_id: string, tenant: string | undefined) {
  const tenant_id = await chooseTenant(db, tenant)
  if (!(await removeAdServerSecret(db, { tenant_id, connection_id, by: operator() })))
    throw new SecretError(`No secret of a connection ${connection_id} is kept. See salesdesk secret list.`)
  say(`The secret of ${connection_id} is forgotten.`)
}
