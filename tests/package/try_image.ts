import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, cp, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { startEmbeddedPostgres } from '../../src/db/embedded/index.ts'
import { createLog } from '../../src/log.ts'
import { aPurchase, connectBuyer } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { readImage } from './dockerfile.ts'
import { sh } from './installed.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const NOBODY = 65_534
const image = readImage()

/**
 * Puts together the files the Dockerfile's last stage holds, takes away every right to write them, and has a server and a worker
 * sell and place an order there, as nobody where we are root. The container itself is not built: that needs Docker.
 */
export async function tryImage(folder: string): Promise<void> {
  await assemble(folder)
  const databaseFolder = `${folder}-database`
  const log = createLog('warn')
  const postgres = await startEmbeddedPostgres({
    dataDir: databaseFolder,
    database: 'salesdesk',
    ephemeral: true,
    log,
  })
  const running: ChildProcess[] = []
  try {
    await writeProtect(folder)
    const env = {
      ...image.env,
      HOST: '127.0.0.1',
      PORT: '0',
      METRICS_PORT: '0',
      DRAIN_SECONDS: '0',
      LOG_LEVEL: 'warn',
    }
    const key = Buffer.alloc(32, 1).toString('base64')
    const start = (...command: string[]) => {
      const child = salesdesk(folder, command, {
        ...env,
        DATABASE_URL: postgres.url,
        SALESDESK_ENCRYPTION_KEY: key,
      })
      running.push(child)
      return child
    }
    await finished(start('migrate'))
    await finished(start('seed'))
    const token = (await finished(start('token', 'pinnacle'))).trim()
    const [server, worker] = [hear(start(...image.command)), hear(start('work'))]
    const [, url = ''] = await eventually('a server', () => /answers at (\S+\/mcp)/.exec(server()))
    const ports = await eventually('both to listen', () => metricsPorts(server(), worker()))
    for (const port of ports) await eventually('it to be healthy', () => healthy(folder, port))
    await buyAndSeePlaced(url, token)
    for (const child of running) child.kill('SIGTERM')
    await Promise.all(running.map(ended))
  } finally {
    for (const child of running) child.kill('SIGKILL')
    await postgres.stop()
    await rm(databaseFolder, { recursive: true, force: true })
    await sh('chmod', ['-R', 'u+w', folder], '/')
  }
}

async function assemble(folder: string) {
  await mkdir(folder, { recursive: true })
  for (const from of ['package.json', 'package-lock.json']) await cp(join(root, from), join(folder, from))
  await sh(
    'npm',
    ['ci', '--ignore-scripts', '--omit=dev', '--omit=optional', '--no-audit', '--no-fund'],
    folder,
  )
  for (const from of [...image.copied.map(({ from }) => from), 'dist'])
    await cp(join(root, from), join(folder, from), { recursive: true })
}

async function writeProtect(folder: string) {
  await sh('chmod', ['-R', 'a-w,a+rX', folder], '/')
  // folders of the temporary kind are for their owner only
  await chmod(dirname(folder), 0o755)
  if ((await readdir(folder)).length === 0) throw new Error('There are no files to try.')
}

/** As the entry point of the image would. */
function salesdesk(folder: string, command: string[], env: Record<string, string>): ChildProcess {
  const [, main = '', ...rest] = image.entrypoint
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
  return spawn(process.execPath, [main, ...rest, ...command], { cwd: folder, env, stdio, ...user })
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode)
    else child.once('exit', (code) => resolve(code))
  })

async function finished(child: ChildProcess): Promise<string> {
  const [said, code] = await Promise.all([child.stdout ? text(child.stdout) : '', ended(child)])
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`)
  return said
}

/** All it has said so far. */
function hear(child: ChildProcess): () => string {
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return () => {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended by itself`)
    return said
  }
}

function metricsPorts(...said: string[]): string[] | undefined {
  const ports = said.flatMap((text) => /Metrics at \S+:(\d+)\/metrics/.exec(text)?.[1] ?? [])
  return ports.length === said.length ? ports : undefined
}

/** What Docker would run, as the image has it. */
async function healthy(folder: string, port: string): Promise<boolean> {
  const [, ...args] = image.healthcheck
  const env = { METRICS_PORT: port }
  return (await ended(spawn(process.execPath, args, { cwd: folder, env, stdio: 'ignore' }))) === 0
}

async function buyAndSeePlaced(url: string, token: string) {
  const buyer = await connectBuyer(url, token)
  const { body } = await buyer.call('create_media_buy', aPurchase())
  const media_buy_ids = [String(body['media_buy_id'])]
  await eventually('the order to be placed', async () => {
    const seen = await buyer.call('get_media_buys', { media_buy_ids })
    return JSON.stringify(seen.body).includes('"state":"placed"')
  })
  await buyer.client.close()
}
