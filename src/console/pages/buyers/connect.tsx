import { Hono } from 'hono'
import { clientConfigs } from '../../../client_config.ts'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { ownAddress } from '../../own_address.ts'
import { page } from '../../page.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { ConfigList } from './config_list.tsx'
import { selectBuyer } from './select.ts'

/** How programs are told to reach this desk as one buyer, without a token: those that exist cannot be shown again. */
export function buyerConnect(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().get('/:principal_id/connect', async (c) => {
    const visit = c.get('visit')
    const found = selectBuyer(desk.readDb, visit.tenant_id, c.req.param('principal_id'))
    const buyer = await found.executeTakeFirst()
    if (!buyer) return c.notFound()
    const here = `${visit.base}/buyers/${buyer.principal_id}`
    const url = `${ownAddress(c, desk)}/mcp`
    return page(
      c,
      { title: 'Connect a program', room: 'buyers' },
      <>
        <PageHead title="Connect a program" up={{ name: buyer.name, href: here }}>
          MCP is answered at <code>{url}</code>.
        </PageHead>
        <p>
          Each needs a token of {buyer.name}.{' '}
          {may(visit.role, 'manage')
            ? 'Make one on its page: the answer shows the same texts with the token filled in, once.'
            : 'A manager makes one.'}
        </p>
        <ConfigList configs={clientConfigs({ url, token: undefined })} />
      </>,
    )
  })
}
