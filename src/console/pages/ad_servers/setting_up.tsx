import { Hono, type Context } from 'hono'
import { isComplete, type AdServerKind } from '../../../ad_server_kinds.ts'
import { finishConnection, type FinishOutcome } from '../../../commands/ad_servers/finish_connection.ts'
import { stampOf } from '../../../commands/ad_servers/change_connection.ts'
import type { AdServer, Check } from '../../../queries/ad_servers.ts'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done } from '../../page.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { byVisitor, findAdServer, kindOf } from './find.ts'
import { Findings } from './findings.tsx'
import { readSettings, SettingFields } from './setting_fields.tsx'

/** Takes a connection that was tested into use. */
export function settingUp(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().post(
    '/:connection_id/finish',
    needs('administer'),
    async (c: Context<VisitEnv>) => {
      const one = await findAdServer(c, desk)
      if (!one) return c.notFound()
      const kind = kindOf(desk, one.kind)
      const chosen = readSettings(choosable(kind), await formOf(c), one.settings as Record<string, unknown>)
      const outcome = await finishConnection(desk.db, kind, { ...byVisitor(c), chosen })
      return done(c, `${c.get('visit').base}/ad_servers/${one.connection_id}`, told(outcome))
    },
  )
}

function told(outcome: FinishOutcome): string {
  switch (outcome.type) {
    case 'connected':
      return 'Connected. What it holds is being read; products may be sold over it.'
    case 'connected_before':
      return 'It was connected before.'
    case 'not_complete':
      return 'Not connected: something still has to be chosen.'
    case 'not_reached':
      return 'Not connected: the last test must be over and have found nothing wrong.'
    case 'refused':
      return `Not connected: ${outcome.problems.map(({ setting, message }) => `${setting} ${message}`).join(', ')}.`
    case 'not_found':
      return 'There is no such connection any more.'
  }
}

/** What does not bear on how it is reached. */
const choosable = ({ fields }: AdServerKind) => fields.filter(({ fixed, address }) => !fixed && !address)

interface SettingUpProps {
  one: AdServer
  kind: AdServerKind
  check: Check | undefined
  visit: Visit
}

/** The way from a key to a connection that is used: test, choose, confirm. */
export function SettingUp({ one, kind, check, visit }: SettingUpProps) {
  const here = `${visit.base}/ad_servers/${one.connection_id}`
  const settings = one.settings as Record<string, unknown>
  const over = check !== undefined && check.finished_at !== null
  const well = over && check.findings.every(({ ok }) => ok)
  const open = kind.fields.filter(({ name, required }) => required && settings[name] === undefined)
  return (
    <>
      <section class="card narrow">
        <h2>The test</h2>
        <Findings check={check} now={visit.now} />
      </section>
      {may(visit.role, 'administer') && (
        <>
          {well && !isComplete(kind, settings) && (
            <form class="card narrow" method="post" action={`${here}/settings`}>
              <h2>Choose</h2>
              <input type="hidden" name="stamp" value={stampOf({ ...one, settings })} />
              <input type="hidden" name="name" value={one.name} />
              <SettingFields fields={open} choices={check.choices} {...{ settings }} />
              <button class="primary">Choose and test again</button>
            </form>
          )}
          {well && isComplete(kind, settings) && (
            <form class="card narrow" method="post" action={`${here}/finish`}>
              <h2>Confirm</h2>
              <p>Then what it holds is read, and products may be sold over it.</p>
              <SettingFields fields={choosable(kind)} choices={check.choices} {...{ settings }} />
              <button class="primary">Connect</button>
            </form>
          )}
          <div class="row">
            <form method="post" action={`${here}/check`}>
              <button>Test again</button>
            </form>
            <a class="button" href={`${here}/settings`}>
              Change the settings
            </a>
            {kind.secret && (
              <a class="button" href={`${here}/key`}>
                Give another key
              </a>
            )}
            <Confirm action={`${here}/disconnect`} verb="Discard">
              <p>The key is forgotten, and you begin anew.</p>
            </Confirm>
          </div>
        </>
      )}
    </>
  )
}
