import { rmSync } from 'node:fs'
import type { Log } from '../../log.ts'
import { discardDataFolder, prepareDataFolder } from './data-folder.ts'
import { EmbeddedPostgresError, explained } from './error.ts'
import { besides, choosePlace, type Placement } from './placement.ts'
import { startServer, stopServer } from './server.ts'
import { ensureDatabase, reachableServer, urlOf } from './sign-in.ts'
import { underLock } from './start-lock.ts'
import { addUser, hasLiveUsers, removeUser } from './users.ts'

export { EmbeddedPostgresError } from './error.ts'

export interface EmbeddedPostgres {
  url: string
  /** Where the data really is: elsewhere than asked for if we are root and PostgreSQL's user cannot go there. */
  dataDir: string
  /** True if the server ran already, for another process or an earlier one. */
  adopted: boolean
  /** Says that this caller is done; the last live one to say so stops the server, and an ephemeral one is removed. */
  stop(): Promise<void>
}

/**
 * A PostgreSQL server of our own on this data folder, shared by all processes and callers that ask for it, with this
 * database in it. The caller must stop() it; no exit hooks are installed.
 * @throws EmbeddedPostgresError with advice when the machine, the folder or a server in it does not permit it.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  database: string
  ephemeral?: boolean
  log: Log
}): Promise<EmbeddedPostgres> {
  const { dataDir, database, log, ephemeral = false } = options
  try {
    const place = await choosePlace({ dataDir, ephemeral, log })
    const use = await underLock(besides.lock(place), () => joinServer(place, database))
    log.debug({ data: place.data, port: use.port, adopted: use.adopted }, 'the bundled PostgreSQL is up')
    let stopping: Promise<void> | undefined
    const stop = () => (stopping ??= underLock(besides.lock(place), () => leaveServer(place, use.user)))
    return { url: urlOf(place.data, use.port, database), dataDir: place.data, adopted: use.adopted, stop }
  } catch (error) {
    throw explained(error, dataDir)
  }
}

async function joinServer(place: Placement, database: string) {
  const running = await reachableServer(place.data)
  await prepareDataFolder(place)
  const user = addUser(besides.users(place))
  try {
    if (!running) await startServer(place)
    const server = running ?? (await reachableServer(place.data))
    if (!server)
      throw new EmbeddedPostgresError(`PostgreSQL ended at once; ${besides.log(place)} may say why.`)
    await ensureDatabase(place.data, server, database)
    return { user, port: server.port, adopted: running !== undefined }
  } catch (error) {
    // the first error is the one that matters
    await leaveServer(place, user).catch(() => {})
    throw error
  }
}

async function leaveServer(place: Placement, user: string) {
  removeUser(user)
  if (hasLiveUsers(besides.users(place))) return
  await stopServer(place)
  if (place.ephemeral) removeEverything(place)
}

function removeEverything(place: Placement) {
  discardDataFolder(place)
  for (const path of Object.values(besides)) rmSync(path(place), { recursive: true, force: true })
}
