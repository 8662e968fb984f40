import { Hono, type Context } from 'hono'
import { syncKinds, type SyncKind } from '../../../capabilities.ts'
import { checkNow } from '../../../commands/ad_servers/check_now.ts'
import { disconnect } from '../../../commands/ad_servers/disconnect.ts'
import { stopSync } from '../../../commands/ad_servers/stop_sync.ts'
import { syncNow } from '../../../commands/ad_servers/sync_now.ts'
import { withdrawConnection } from '../../../commands/ad_servers/withdraw_connection.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done } from '../../page.tsx'
import { byVisitor, connectionOf } from './find.ts'

/** What can be done with a connection at the press of a button. */
export function adServerActions(desk: ConsoleDesk) {
  const here = (c: Context<VisitEnv>) => `${c.get('visit').base}/ad_servers/${connectionOf(c)}`
  const withdraw = async (c: Context<VisitEnv>, withdrawn: boolean) => {
    const did = await withdrawConnection(desk.db, { ...byVisitor(c), withdrawn })
    if (!did) return done(c, here(c), 'There was nothing to be done.')
    return done(
      c,
      here(c),
      withdrawn
        ? 'Nothing more is sold over it. What stands there is looked after.'
        : 'It is sold over again.',
    )
  }
  return new Hono<VisitEnv>()
    .post('/:connection_id/check', needs('manage'), async (c) => {
      const asked = await checkNow(desk.db, byVisitor(c))
      return done(c, here(c), asked ? 'A worker tests it now.' : 'There is no such connection any more.')
    })
    .post('/:connection_id/sync', needs('manage'), async (c) => {
      const { kind: asked } = await formOf(c)
      const kind = syncKinds.find((one): one is SyncKind => one === asked)
      const started = await syncNow(desk.db, {
        ...byVisitor(c),
        whole: kind === undefined,
        ...(kind && { kind }),
      })
      const said =
        started === 0
          ? 'Nothing of it can be read yet.'
          : 'It is being read now; this page shows how far it is.'
      return done(c, here(c), said)
    })
    .post('/:connection_id/syncs/:sync_job_id/stop', needs('manage'), async (c) => {
      const stopped = await stopSync(desk.db, { ...byVisitor(c), sync_job_id: c.req.param('sync_job_id') })
      return done(
        c,
        here(c),
        stopped ? 'Stopped. What was known before still counts.' : 'It was over already.',
      )
    })
    .post('/:connection_id/withdraw', needs('manage'), (c) => withdraw(c, true))
    .post('/:connection_id/offer', needs('manage'), (c) => withdraw(c, false))
    .post('/:connection_id/disconnect', needs('administer'), async (c) => {
      const list = `${c.get('visit').base}/ad_servers`
      switch (await disconnect(desk.db, byVisitor(c))) {
        case 'disconnected':
          return done(
            c,
            list,
            'Disconnected. Its key is forgotten; what was sold over it stays in the books.',
          )
        case 'orders_stand':
          return done(
            c,
            `${here(c)}/settings`,
            'Orders still stand there, so it stays connected. Withdraw it instead: then nothing more is sold over it.',
          )
        case 'not_found':
          return done(c, list, 'It was disconnected already.')
      }
    })
}
