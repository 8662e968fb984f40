import { Hono } from 'hono'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { count, money } from '../../parts/figures.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Table } from '../../parts/table.tsx'
import { selectAccounts, selectBuyer, selectConnections, selectSubjects, selectTokens } from './select.ts'
import type { Account, Buyer, Token } from './select.ts'
import { Tokens } from './token_list.tsx'

/** One buyer: what it may do, its tokens and its accounts. */
export function buyerDetail(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().get('/:principal_id', async (c) => {
    const visit = c.get('visit')
    const { tenant_id } = visit
    const buyer = await selectBuyer(desk.readDb, tenant_id, c.req.param('principal_id')).executeTakeFirst()
    if (!buyer) return c.notFound()
    const tokens = await selectTokens(desk.readDb, buyer.principal_id).execute()
    const subjects = await selectSubjects(desk.readDb, tenant_id, buyer.principal_id).execute()
    const accounts = await selectAccounts(desk.readDb, tenant_id, buyer.principal_id).execute()
    const connections = await selectConnections(desk.readDb, tenant_id).execute()
    return page(
      c,
      { title: buyer.name, room: 'buyers' },
      <Detail
        {...{ visit, buyer, tokens, accounts, connections }}
        subjects={subjects.length}
        takesOthers={desk.oauthIssuer !== undefined}
      />,
    )
  })
}

interface Props {
  visit: Visit
  buyer: Buyer
  tokens: readonly Token[]
  /** Whose access tokens are its own. */
  subjects: number
  /** Whether the desk takes such tokens. */
  takesOthers: boolean
  accounts: readonly Account[]
  connections: readonly { connection_id: string; name: string }[]
}

function Detail({ visit, buyer, tokens, subjects, takesOthers, accounts, connections }: Props) {
  const here = `${visit.base}/buyers/${buyer.principal_id}`
  const manages = may(visit.role, 'manage')
  return (
    <>
      <PageHead
        title={buyer.name}
        up={{ name: 'Buyers', href: `${visit.base}/buyers` }}
        actions={
          <>
            <a class="button" href={`${here}/connect`}>
              Connect a program
            </a>
            {manages && (
              <a class="button" href={`${here}/terms`}>
                Change
              </a>
            )}
          </>
        }
      >
        <code>{buyer.principal_id}</code> {buyer.sandbox && <Badge status="sandbox" />}{' '}
        {buyer.trusted !== null && <Badge status="trusted" tone="good" />}{' '}
        {buyer.archived_at && <Badge status="archived" />}
      </PageHead>
      <Terms buyer={buyer} connections={connections} />
      <h2>Tokens</h2>
      <Tokens visit={visit} here={here} tokens={tokens} acts={manages && !buyer.archived_at} />
      {(takesOthers || subjects > 0) && (
        <p>
          <a href={`${here}/subjects`}>Access tokens</a> of the authorization server:{' '}
          {subjects === 0
            ? 'nobody comes with them'
            : `of ${count(subjects)} ${subjects === 1 ? 'subject' : 'subjects'}`}
          .
        </p>
      )}
      <h2>Accounts</h2>
      <Accounts here={here} accounts={accounts} />
      {manages && <Archive here={here} archived={buyer.archived_at !== null} />}
    </>
  )
}

function Terms({ buyer, connections }: Pick<Props, 'buyer' | 'connections'>) {
  const advertisers = buyer.platform_mappings as Partial<Record<string, string>>
  const { allowed_product_ids: ids, max_media_buy_budget, max_calls_per_minute } = buyer
  return (
    <dl class="facts">
      <dt>May buy</dt>
      <dd>{ids === null ? 'everything on sale' : `only ${ids.join(', ')}`}</dd>
      <dt>Approval</dt>
      <dd>
        {buyer.trusted === null
          ? 'as the approval policy has it'
          : 'trusted: it needs nobody, as far as the policy allows'}
      </dd>
      <dt>Largest buy</dt>
      <dd>{max_media_buy_budget === null ? 'the publisher’s limit' : count(max_media_buy_budget)}</dd>
      <dt>Calls a minute</dt>
      <dd>{max_calls_per_minute === null ? 'not limited' : count(max_calls_per_minute)}</dd>
      {connections.map(({ connection_id, name }) => (
        <>
          <dt>On {name}</dt>
          <dd>
            {advertisers[connection_id] === undefined ? (
              'the ad server’s own default'
            ) : (
              <>
                advertiser <code>{advertisers[connection_id]}</code>
              </>
            )}
          </dd>
        </>
      ))}
    </dl>
  )
}

function Accounts({ here, accounts }: { here: string; accounts: readonly Account[] }) {
  return (
    <Table
      label="Accounts"
      rows={accounts}
      empty="No account yet. The agent opens one for each brand it buys for, with sync_accounts or its first purchase."
      columns={[
        {
          label: 'Account',
          cell: ({ account_id, name }) => <a href={`${here}/accounts/${account_id}`}>{name}</a>,
        },
        { label: 'Brand', cell: ({ brand_domain }) => brand_domain },
        { label: 'Operator', cell: ({ operator }) => operator },
        {
          label: 'Status',
          cell: ({ status, closed_at }) => <Badge status={closed_at ? 'closed' : status} />,
        },
        { label: 'Bills', cell: ({ billing }) => `the ${billing}` },
        {
          label: 'Credit',
          number: true,
          cell: ({ credit_limit, credit_currency }) =>
            credit_limit === null || credit_currency === null ? (
              <span class="faint">not limited</span>
            ) : (
              money(credit_limit, credit_currency)
            ),
        },
      ]}
    />
  )
}

function Archive({ here, archived }: { here: string; archived: boolean }) {
  if (archived)
    return (
      <form method="post" action={`${here}/restore`}>
        <button>Let it buy here again</button>
      </form>
    )
  return (
    <Confirm action={`${here}/archive`} verb="Archive the buyer">
      <p>
        None of its tokens opens anything from then on. What it has bought goes on; you can let it in again.
      </p>
    </Confirm>
  )
}
