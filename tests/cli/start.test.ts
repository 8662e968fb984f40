import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, expect, test } from 'vitest'
import { findPostmaster } from '../../src/db/embedded/postmaster.ts'
import { urlOf } from '../../src/db/embedded/sign-in.ts'
import { aPurchase, callTool, connectBuyer, type ToolAnswer } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { killAll, run, salesdesk, type Salesdesk } from '../support/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'salesdesk-start-'))
const env = { SALESDESK_DATA_DIR: join(folder, 'data'), PORT: '0' }
/** Placing it takes five seconds. */
const slow = {
  product_id: 'trail_video_preroll',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 14,
}
let data = ''

afterAll(async () => {
  await killAll()
  // joins as the last user of the database, if a test left it running, and stops it
  await run(['migrate'], env)
  rmSync(folder, { recursive: true, force: true })
  // run by root, PostgreSQL has its files elsewhere
  for (const suffix of data ? ['', '.lock', '.log', '.log.old', '.users'] : [])
    rmSync(data + suffix, { recursive: true, force: true })
})

test('salesdesk start opens a desk that keeps what it is told, however it is stopped', async () => {
  const first = await start()
  const { url, token, local } = introduced(first)
  expect(first.stdout()).toContain('The database was empty')
  expect(statSync(join(env.SALESDESK_DATA_DIR, 'local-token')).mode & 0o777).toBe(0o600)

  // what it says to paste into Claude Desktop really works, beside the desk that runs
  const claude = new Client({ name: 'claude-desktop', version: '0' })
  await claude.connect(new StdioClientTransport({ ...local, stderr: 'ignore' }))
  const bought = await callTool(claude, 'create_media_buy', aPurchase({ packages: [slow] }))
  const id = String(bought.body['media_buy_id'])
  await claude.close()

  // Ctrl-C while it is being placed: that is finished first
  await beingPlaced()
  expect(
    placement(await (await connectBuyer(url, token)).call('get_media_buys', { media_buy_ids: [id] })),
  ).toMatchObject({ state: 'placing' })
  first.kill('SIGINT')
  expect(await first.exited).toBe(0)
  expect(first.stdout()).toMatch(
    /Stopping: the running job is finished first[\s\S]*Stopped\. Everything is kept/,
  )
  expect(first.stderr()).not.toMatch(/"level":[4-6]0/)
  expect(existsSync(join(data, 'postmaster.pid'))).toBe(false)

  // the next start finds everything
  const second = await start()
  const again = introduced(second)
  expect(again.token).toBe(token)
  expect(second.stdout()).not.toContain('The database was empty')
  const buyer = await connectBuyer(again.url, token)
  const listed = await buyer.call('get_media_buys', { media_buy_ids: [id] })
  expect(placement(listed)).toMatchObject({ state: 'placed', ad_servers: [{ orders: ['1'] }] })

  // killed outright while it places another, it leaves a database that the next one takes over, with the order in it
  const other = String(
    (await buyer.call('create_media_buy', aPurchase({ packages: [slow] }))).body['media_buy_id'],
  )
  await beingPlaced()
  second.kill('SIGKILL')
  await second.exited
  const third = await start()
  const late = await connectBuyer(introduced(third).url, token)
  const orders = await eventually('the order to be placed', async () => {
    const found = placement(await late.call('get_media_buys', { media_buy_ids: [other] }))
    return found.state === 'placed' && found.ad_servers.flatMap((server) => server.orders ?? [])
  })
  expect(orders).toEqual(['2'])
  third.kill('SIGTERM')
  expect(await third.exited).toBe(0)
  expect(existsSync(join(data, 'postmaster.pid'))).toBe(false)
}, 90_000)

async function start(): Promise<Salesdesk> {
  const desk = salesdesk(['start'], env)
  await desk.said(/Stop with Ctrl-C/)
  return desk
}

/** Until the worker is at an order, which then takes five seconds: asked of the database, since a process of ours may take as long to begin. */
async function beingPlaced(): Promise<void> {
  const client = new pg.Client(urlOf(data, findPostmaster(data)?.port ?? 0, 'salesdesk'))
  await client.connect()
  await eventually('the job to run', async () => {
    const taken =
      "select from graphile_worker._private_jobs where key like 'fulfil%' and locked_at is not null"
    return (await client.query(taken)).rowCount
  })
  await client.end()
}

interface Introduced {
  url: string
  token: string
  local: { command: string; args: string[]; env: Record<string, string> }
}

/** What `start` tells the person at the keyboard. */
function introduced(desk: Salesdesk): Introduced {
  const said = desk.stdout()
  const url = /MCP +(\S+)/.exec(said)?.[1] ?? ''
  data = /Data +(\S+)/.exec(said)?.[1] ?? ''
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
  expect(readdirSync(data)).toContain('PG_VERSION')
  const { mcpServers } = JSON.parse(/^\{[\s\S]*?^\}/m.exec(said)?.[0] ?? '') as {
    mcpServers: { salesdesk: Introduced['local']; 'salesdesk-remote': { args: string[]; env: object } }
  }
  const token = mcpServers.salesdesk.env['SALESDESK_TOKEN'] ?? ''
  const { args, env } = mcpServers['salesdesk-remote']
  expect(args.slice(0, 3)).toEqual(['-y', 'mcp-remote@latest', url])
  expect(args.slice(-2)).toEqual(['--header', 'Authorization:${AUTH_HEADER}'])
  expect(env).toEqual({ AUTH_HEADER: `Bearer ${token}` })
  expect(said).toContain(`Authorization: Bearer ${token}`)
  return { url, token, local: mcpServers.salesdesk }
}

function placement({ body }: ToolAnswer) {
  const [found] = body['media_buys'] as {
    ext: { salesdesk: { placement: { state: string; ad_servers: { orders?: string[] }[] } } }
  }[]
  if (!found) throw new Error('the media buy is gone')
  return found.ext.salesdesk.placement
}
