import { readFile } from 'node:fs/promises'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { connectSlack } from '../../src/commands/slack/connect.ts'
import { beginInstallation } from '../../src/commands/slack/installation.ts'
import { setUpSlack } from '../../src/commands/slack/set_up.ts'
import { closeTenant } from '../../src/commands/tenants/close_tenant.ts'
import { reopenTenant } from '../../src/commands/tenants/reopen_tenant.ts'
import { tellPeople } from '../../src/commands/tell_people.ts'
import { readSlackStanding } from '../../src/queries/slack_standing.ts'
import { createSeal } from '../../src/seal.ts'
import { about } from '../../src/sealed_columns.ts'
import { scopes } from '../../src/slack/install.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { encryptionKey, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { signingSecret, slackToken, startSlack } from '../support/slack/server.ts'
import { signedSlack } from '../support/slack/signed.ts'

const slack = await startSlack()
const publicUrl = 'https://desk.example'
const desk = testDesk({
  PUBLIC_URL: publicUrl,
  SLACK_CLIENT_ID: 'desk-client',
  SLACK_CLIENT_SECRET: 'desk-client-secret',
  SLACK_SIGNING_SECRET: signingSecret,
  SLACK_BOT_TOKEN: slackToken,
  SLACK_API_URL: slack.apiUrl,
})
const { event } = signedSlack(desk, slack)
const tenant_id = 'northwind'
const settings = `${publicUrl}/console/${tenant_id}/settings`
const dana = { tenant_id, user_id: 'usr_dana', begun_by: 'dana' }
beforeAll(async () => {
  const user = { user_id: dana.user_id, email: 'dana@northwind.example', name: 'dana' }
  await desk.db.insertInto('users').values(user).execute()
  const second = { user_id: 'usr_second', email: 'second@northwind.example', name: 'second' }
  await desk.db.insertInto('users').values(second).execute()
  for (const { user_id } of [user, second])
    await desk.db.insertInto('memberships').values({ tenant_id, user_id, role: 'admin' }).execute()
})
beforeEach(async () => {
  slack.calls.length = 0
  await desk.db.deleteFrom('slack_posts').execute()
  await desk.db.deleteFrom('slack_connections').execute()
  desk.now = new Date()
})

/** A browser: it follows a redirect when told to, and shows cookies only to whom they belong. */
function browser() {
  let cookie = ''
  return {
    async open(address: string) {
      const at = address.replace(publicUrl, `http://127.0.0.1:${desk.port}`)
      const response = await fetch(at, { redirect: 'manual', headers: { cookie } })
      const set = response.headers.getSetCookie()[0]?.split(';')[0]
      if (set !== undefined) cookie = set
      return { status: response.status, to: response.headers.get('location'), html: await response.text() }
    },
    /** What somebody does on Slack's own page: choosing who they are there installs the app. */
    async agree(page: string) {
      const address = new URL(page)
      const fields = Object.fromEntries(address.searchParams)
      const response = await fetch(new URL('/oauth/v2/authorize/callback', address), {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ ...fields, user_id: slack.user('dana') }),
      })
      return response.headers.get('location') ?? 'nowhere'
    },
  }
}
const linkOf = (path: string) => publicUrl + path
/** The way to Slack from our page. */
const onwards = (html: string) =>
  /<a class="button" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? 'nowhere'

/** Everything somebody does to install the app, and how it ends. */
async function install(installer: Parameters<typeof beginInstallation>[1] = dana) {
  const someone = browser()
  const { html } = await someone.open(linkOf(await beginInstallation(desk.db, installer, desk.now)))
  return someone.open(await someone.agree(onwards(html)))
}
const connection = () =>
  desk.db.selectFrom('slack_connections').selectAll().where('tenant_id', '=', tenant_id).executeTakeFirst()
const tell = (subject_id: string) =>
  desk.db.transaction().execute((trx) =>
    tellPeople(trx, {
      ...{ tenant_id, kind: 'sync_failed', subject_id, now: desk.now },
      detail: { connection_id: 'house', kind: 'ad_units', code: 'UNREACHABLE', message: 'Nobody there' },
    }),
  )
const posted = () => slack.calls.filter(({ method }) => method === 'chat.postMessage').length
const gone = (type: object = { type: 'app_uninstalled' }, at = desk.now) =>
  event(type, { event_time: Math.floor(at.getTime() / 1000) })

describe('an admin who installs the app in a workspace', () => {
  test('is led to Slack and back, and the publisher is told there with a token kept sealed', async () => {
    expect(await install()).toMatchObject({ status: 303, to: settings })
    expect(await readSlackStanding(desk.db, tenant_id)).toMatchObject({
      ...{ way: 'own_token', team_id: slack.team, team_name: 'Northwind', connected_by: 'dana' },
      ...{ channel_id: null, uninstalled_at: null, untold: 0 },
    })
    const sealed = (await connection())?.bot_token_sealed ?? Buffer.alloc(0)
    expect(sealed.toString('latin1')).not.toContain('xoxb-')
    expect(createSeal(encryptionKey).open(sealed, about('bot_token_sealed', tenant_id))).toMatch(/^xoxb-/)
    const audit = desk.db.selectFrom('audit_log').select('user_id').where('action', '=', 'connect_slack')
    expect(await audit.executeTakeFirst()).toEqual({ user_id: dana.user_id })
    await setUpSlack(desk.db, { tenant_id, by: 'dana', set: { channel_id: slack.channel } })
    await tell('first')
    await desk.runJobs()
    expect((await slack.messages()).at(-1)?.text).toContain('could not be read')
  })

  test('may install it again: the new token counts, and channels stay', async () => {
    await install()
    await setUpSlack(desk.db, { tenant_id, by: 'dana', set: { channel_id: slack.channel } })
    const before = await connection()
    await install()
    const after = await connection()
    expect(after).toMatchObject({ channel_id: slack.channel })
    expect(after?.bot_token_sealed).not.toEqual(before?.bot_token_sealed)
  })

  test('who comes from another workspace leaves its channels and accounts behind', async () => {
    const team = { team_id: 'T0OTHER', team_name: 'Other' }
    await connectSlack(desk.db, { tenant_id, how: { way: 'environment', team }, by: 'x', now: desk.now })
    await setUpSlack(desk.db, { tenant_id, by: 'x', set: { channel_id: 'C0OTHER' } })
    const accounts = desk.db.updateTable('memberships').where('user_id', '=', dana.user_id)
    await accounts.set({ slack_user_id: 'U0OTHER' }).execute()
    await install()
    expect(await connection()).toMatchObject({ team_id: slack.team, channel_id: null })
    const member = desk.db.selectFrom('memberships').select('slack_user_id')
    expect(await member.where('user_id', '=', dana.user_id).executeTakeFirst()).toEqual({
      slack_user_id: null,
    })
  })

  test('at the machine itself is told what to do next', async () => {
    const { status, html } = await install({ tenant_id, begun_by: 'root' })
    expect(status).toBe(200)
    expect(html).toContain('Installed in Northwind')
  })
})

test('a link asks a workspace for what the manifest asks for', async () => {
  const manifest = await readFile(
    new URL('../../docs/examples/slack-app-manifest.yaml', import.meta.url),
    'utf8',
  )
  const asked = parse(manifest) as { oauth_config: { scopes: { bot: string[] } } }
  expect(scopes).toEqual(asked.oauth_config.scopes.bot)
})

describe('an installation comes to nothing', () => {
  test('when its link was opened before, or fifteen minutes ago, or never was one', async () => {
    const link = linkOf(await beginInstallation(desk.db, dana, desk.now))
    expect((await browser().open(link)).status).toBe(200)
    expect(await browser().open(link)).toMatchObject({ status: 404 })
    const late = linkOf(await beginInstallation(desk.db, dana, desk.now))
    desk.now = new Date(desk.now.getTime() + 15 * 60_000)
    expect((await browser().open(late)).html).toContain('older than 15 minutes')
    expect((await browser().open(linkOf('/slack/install?link=guessed'))).status).toBe(404)
  })

  test('in another browser than the one that began, a second time, and too late', async () => {
    const someone = browser()
    const { html } = await someone.open(linkOf(await beginInstallation(desk.db, dana, desk.now)))
    const back = await someone.agree(onwards(html))
    expect((await browser().open(back)).status).toBe(400)
    expect(await connection()).toBeUndefined()

    const slow = browser()
    const page = await slow.open(linkOf(await beginInstallation(desk.db, dana, desk.now)))
    const answer = await slow.agree(onwards(page.html))
    desk.now = new Date(desk.now.getTime() + 16 * 60_000)
    expect((await slow.open(answer)).status).toBe(400)
    expect(await connection()).toBeUndefined()

    desk.now = new Date()
    const again = await someone.agree(onwards(html))
    const [first, second] = await Promise.all([someone.open(back), someone.open(again)])
    expect([first.status, second.status].sort()).toEqual([303, 400])
  })

  test('when who began it is no admin any more', async () => {
    const someone = browser()
    const { html } = await someone.open(linkOf(await beginInstallation(desk.db, dana, desk.now)))
    const back = await someone.agree(onwards(html))
    const membership = desk.db.updateTable('memberships').where('user_id', '=', dana.user_id)
    await membership.set({ role: 'manager' }).execute()
    expect((await someone.open(back)).status).toBe(400)
    expect(await connection()).toBeUndefined()
    await membership.set({ role: 'admin' }).execute()
  })

  test('when the publisher has left since it was begun', async () => {
    const [unopened, someone] = [linkOf(await beginInstallation(desk.db, dana, desk.now)), browser()]
    const { html } = await someone.open(linkOf(await beginInstallation(desk.db, dana, desk.now)))
    const back = await someone.agree(onwards(html))
    const by = { kind: 'operator', name: 'Eli' } as const
    await closeTenant(desk.db, { tenant_id, while_buys_run: true, by, now: desk.now })
    expect((await someone.open(back)).status).toBe(400)
    expect((await browser().open(unopened)).status).toBe(404)
    expect(await connection()).toBeUndefined()
    await reopenTenant(desk.db, { tenant_id, by })
  })

  test('when it is cancelled in Slack, or Slack does not take what it sent itself', async () => {
    const someone = browser()
    await someone.open(linkOf(await beginInstallation(desk.db, dana, desk.now)))
    const cancelled = await someone.open(`${publicUrl}/slack/oauth_redirect?error=access_denied&state=x`)
    expect(cancelled).toMatchObject({ status: 400 })
    expect(cancelled.html).toContain('cancelled in Slack')
    const { html } = await someone.open(linkOf(await beginInstallation(desk.db, dana, desk.now)))
    const back = new URL(await someone.agree(onwards(html)))
    back.searchParams.set('code', 'made-up')
    expect((await someone.open(back.href)).html).toContain('Slack says invalid_code')
    expect(await connection()).toBeUndefined()
  })
})

describe('a workspace that takes the app out', () => {
  test('is told nothing any more, and what waits once it installs it again', async () => {
    await install()
    await setUpSlack(desk.db, { tenant_id, by: 'dana', set: { channel_id: slack.channel } })
    desk.now = new Date(desk.now.getTime() + 60_000)
    expect(await gone()).toBe(200)
    await eventually('uninstalled', async () => (await connection())?.uninstalled_at !== null)
    expect(await connection()).toMatchObject({ bot_token_sealed: null, channel_id: slack.channel })
    const before = posted()
    await tell('while it was gone')
    await desk.runJobs()
    expect(posted()).toBe(before)
    await install()
    expect(await readSlackStanding(desk.db, tenant_id)).toMatchObject({ uninstalled_at: null })
    await tell('since it is back')
    await desk.runJobs()
    expect(posted()).toBe(before + 1)
  })

  test('and puts it back before Slack says so stays connected; so does one that takes a person’s token away', async () => {
    const earlier = new Date(desk.now.getTime() - 60_000)
    await install()
    await gone({ type: 'app_uninstalled' }, earlier)
    await gone(
      { type: 'tokens_revoked', tokens: { oauth: [slack.user('kim')] } },
      new Date(Date.now() + 60_000),
    )
    await gone({ type: 'tokens_revoked', tokens: { bot: ['U1'] } }, earlier)
    expect(await connection()).toMatchObject({ uninstalled_at: null })
    await gone({ type: 'tokens_revoked', tokens: { bot: ['U1'] } }, new Date(Date.now() + 60_000))
    await eventually('revoked', async () => (await connection())?.uninstalled_at !== null)
  })

  test('takes it from every publisher there that has this app, and from no other', async () => {
    await seedAnotherPublisher(desk.db)
    await install()
    await install({ tenant_id: 'southwind', begun_by: 'root' })
    const rows = () => desk.db.selectFrom('slack_connections').select('uninstalled_at').execute()
    expect(await rows()).toEqual([{ uninstalled_at: null }, { uninstalled_at: null }])
    await gone({ type: 'app_uninstalled' }, new Date(Date.now() + 60_000))
    await eventually('both', async () =>
      (await rows()).every(({ uninstalled_at }) => uninstalled_at !== null),
    )
  })
})
