import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { program } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'
import { besides, type Placement } from './placement.ts'
import { findPostmaster, forgetDeadPostmaster, inUse } from './postmaster.ts'
import { isRunning } from './processes.ts'
import { run, spawnOptions } from './run-as.ts'

const START_PATIENCE = 120_000
const STOP_PATIENCE = 60_000
const PREDECESSOR_PATIENCE = 15_000
const PORT_TRIES = 5

/**
 * Starts the server on a free port of 127.0.0.1 and returns when it accepts connections.
 * @throws EmbeddedPostgresError with its last log lines when it does not start.
 */
export async function startServer(place: Placement, pickPort = freePort) {
  const deadline = Date.now() + PREDECESSOR_PATIENCE
  const log = besides.log(place)
  if (existsSync(log)) renameSync(log, besides.oldLog(place))
  for (let portsTaken = 0; ;) {
    forgetDeadPostmaster(place.data)
    const port = await pickPort()
    const failure = await launch(place, port)
    if (failure === undefined) return
    if (/could not create any TCP\/IP sockets/.test(failure)) {
      if (++portsTaken === PORT_TRIES) throw new EmbeddedPostgresError(noPort(`${port} was taken too`))
    } else if (/lock file .* already exists|shared memory block/.test(failure) && Date.now() < deadline) {
      // a killed server's processes take a moment to be gone
      await sleep(200)
    } else throw new EmbeddedPostgresError(notStarted(place, failure))
  }
}

/** Stops the server, if there is one, as soon as its transactions are rolled back. @throws EmbeddedPostgresError */
export async function stopServer(place: Placement) {
  const postmaster = findPostmaster(place.data)
  if (!postmaster) return
  if (process.platform === 'win32') {
    await run(program(place.binaries, 'pg_ctl'), ['stop', '-D', place.data, '-m', 'fast', '-w'], undefined)
  } else interrupt(postmaster.pid)
  const deadline = Date.now() + STOP_PATIENCE
  while (isRunning(postmaster.pid)) {
    if (Date.now() > deadline) throw new EmbeddedPostgresError(inUse(place.data, postmaster, 'does not stop'))
    await sleep(10)
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (cause) => reject(new EmbeddedPostgresError(noPort(cause.message), { cause })))
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

// returns what the server logged if it does not get ready
async function launch(place: Placement, port: number): Promise<string | undefined> {
  const log = besides.log(place)
  const output = openSync(log, 'a', 0o600)
  const loggedBefore = readFileSync(log).length
  // detached: Ctrl-C in the terminal is for us, and we want the database while we shut down
  const server = spawn(program(place.binaries, 'postgres'), serverArguments(place, port), {
    ...spawnOptions(place.account),
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  server.unref()
  let ended: string | undefined
  server.once('exit', (code, signal) => (ended = `PostgreSQL ended with ${signal ?? `code ${code}`}.`))
  server.once('error', (error) => (ended = error.message))
  const deadline = Date.now() + START_PATIENCE
  while (ended === undefined) {
    const postmaster = findPostmaster(place.data)
    if (postmaster?.pid === server.pid && postmaster?.status === 'ready') return undefined
    if (Date.now() > deadline) server.kill('SIGQUIT')
    await sleep(10)
  }
  return `${readFileSync(log).subarray(loggedBefore).toString()}${ended}`
}

function serverArguments(place: Placement, port: number): string[] {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 300,
    shared_buffers: '64MB',
    logging_collector: 'off',
    ...(place.ephemeral && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  return [
    '-D',
    place.data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}

function interrupt(pid: number) {
  try {
    process.kill(pid, 'SIGINT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function noPort(reason: string): string {
  const advice = 'Free some ports or allow listening on them, or set DATABASE_URL.'
  return `PostgreSQL got no port of 127.0.0.1 to listen on: ${reason}. ${advice}`
}

function notStarted(place: Placement, failure: string): string {
  const lastLines = failure.trim().split('\n').slice(-10).join('\n')
  return `PostgreSQL did not start on the data folder ${place.data}. Its last words:\n${lastLines}`
}
