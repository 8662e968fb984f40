import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { cruise, type IFlattenedRuleSet } from 'dependency-cruiser'
import { beforeAll, describe, expect, test } from 'vitest'

const rules = createRequire(import.meta.url)('./dependency-rules.cjs') as {
  forbidden: { name: string; comment?: string }[]
  options: Record<string, unknown>
}

/** Which rule forbids what in fixtures/src, a desk that is wrong on purpose. Everything else there is as it should be. */
const breaches: [does: string, what: string, rule: string][] = [
  [
    'knows an adapter by a type two hops away',
    'src/tools/asks_the_ad_server.ts -> src/adapters/adapter.ts',
    'the-request-side-never-reaches-the-worker-side',
  ],
  [
    'starts a worker from a transport',
    'src/mcp/reaches_a_worker.ts -> src/worker/start.ts',
    'the-request-side-never-reaches-the-worker-side',
  ],
  [
    'sends a webhook from a command, and so from a tool',
    'src/commands/tells_the_buyer_itself.ts -> src/webhooks/send.ts',
    'the-request-side-never-reaches-the-worker-side',
  ],
  [
    'sends a webhook from a command line',
    'src/cli/rings_up.ts -> src/webhooks/send.ts',
    'webhooks-are-sent-by-tasks',
  ],
  [
    'lets the sender of webhooks look for work',
    'src/webhooks/send.ts -> src/db/database.ts',
    'the-sender-of-webhooks-reads-no-rows',
  ],
  [
    'lets what calls strangers read rows',
    'src/outbound/download.ts -> src/db/database.ts',
    'what-calls-strangers-knows-nobody',
  ],
  [
    'calls out through a helper',
    'src/tools/calls_out.ts -> undici',
    'the-request-side-makes-no-outbound-call',
  ],
  ['opens a connection itself', 'src/tools/opens_a_connection.ts -> http', 'only-the-transports-speak-http'],
  [
    'answers buyers from a worker, by way of another module',
    'src/worker/start.ts -> src/tools/index.ts',
    'the-worker-side-knows-no-door',
  ],
  [
    'writes rows from an adapter',
    'src/adapters/gam/index.ts -> src/db/database.ts',
    'an-adapter-knows-only-itself',
  ],
  [
    'puts rows into the adapter contract',
    'src/adapters/adapter.ts -> src/db/database.ts',
    'the-adapter-contract-stands-alone',
  ],
  [
    'puts rows into what the adapter contract passes on',
    'src/adapters/contract/reading.ts -> src/db/database.ts',
    'the-adapter-contract-stands-alone',
  ],
  [
    'goes behind the adapter contract',
    'src/adapters/gam/index.ts -> src/adapters/contract/reading.ts',
    'an-adapter-knows-only-itself',
  ],
  [
    'ties a task to one ad server',
    'src/tasks/index.ts -> src/adapters/gam/index.ts',
    'only-app-chooses-an-adapter',
  ],
  [
    'shows another page of the console within a page',
    'src/console/pages/overview.tsx -> src/console/pages/approvals.tsx',
    'a-page-knows-no-other-page',
  ],
  [
    'asks the identity provider from a page',
    'src/console/pages/overview.tsx -> openid-client',
    'only-the-sign-in-asks-the-identity-provider',
  ],
  [
    'reads the configuration in a tool',
    'src/tools/reads_the_environment.ts -> src/config.ts',
    'only-the-commands-wire',
  ],
  [
    'prints to the terminal from a tool',
    'src/tools/speaks_to_the_terminal.ts -> src/cli/say.ts',
    'nothing-needs-the-command-line',
  ],
  [
    'asks in a tool how the call came in',
    'src/tools/answers_by_transport.ts -> src/mcp/server.ts',
    'a-tool-knows-no-transport',
  ],
  [
    'takes something from another tool',
    'src/tools/borrows.ts -> src/tools/calls_out.ts',
    'a-tool-knows-no-other-tool',
  ],
  [
    'asks in a command who called it',
    'src/commands/knows_who_asks.ts -> src/tools/index.ts',
    'what-doors-share-knows-no-door',
  ],
  ['writes SQL among the words of AdCP', 'src/adcp/selects.ts -> kysely', 'adcp-holds-no-sql'],
  ['reads rows among the words of AdCP', 'src/adcp/reads_rows.ts -> src/db/database.ts', 'adcp-holds-no-sql'],
  ['lets the database know what it is for', 'src/db/database.ts -> src/jobs.ts', 'the-database-knows-nobody'],
  [
    'borrows a type of the MCP SDK for a tool',
    'src/tools/speaks_mcp.ts -> @modelcontextprotocol/sdk',
    'only-mcp-imports-the-mcp-sdk',
  ],
  [
    'asks a creative agent past the guard of addresses',
    'src/creative_agents/asks.ts -> http',
    'creative-agents-are-asked-through-outbound',
  ],
  [
    'reads rows where a creative agent is asked',
    'src/creative_agents/asks.ts -> src/db/database.ts',
    'creative-agents-are-asked-through-outbound',
  ],
  [
    'lets a tool ask a creative agent',
    'src/tools/asks_a_creative_agent.ts -> src/creative_agents/list.ts',
    'the-request-side-never-reaches-the-worker-side',
  ],
  [
    'adds a job without enqueue()',
    'src/tools/adds_its_own_jobs.ts -> graphile-worker',
    'only-the-worker-side-imports-graphile-worker',
  ],
  [
    'uses a development package in production',
    'src/seed/invents.ts -> fast-check',
    'production-needs-no-development-package',
  ],
  ['uses a package nobody declared', 'src/seed/trusts_luck.ts -> yaml', 'every-package-is-declared'],
  [
    'uses test code in production',
    'src/seed/borrows_a_test.ts -> tests/a_publisher.ts',
    'production-needs-no-test',
  ],
  [
    'hears clicks outside the door of Slack',
    'src/tasks/hears_clicks.ts -> @slack/bolt',
    'only-the-door-of-slack-imports-bolt',
  ],
  [
    'fetches the keys of an issuer while a call waits',
    'src/mcp/fetches_keys.ts -> jose',
    'tokens-are-judged-by-keys-at-hand',
  ],
  [
    'looks rows up while it builds a message',
    'src/blocks/looks_up.ts -> src/db/database.ts',
    'messages-are-built-from-facts',
  ],
  ['goes round in a circle', 'src/queries/chicken.ts -> src/queries/egg.ts', 'no-cycles'],
  ['is imported by nobody and imports nobody', 'src/queries/forgotten.ts', 'nothing-orphaned'],
]

/** Every violation as `rule: importer -> imported`. */
async function violationsIn(folder: URL): Promise<string[]> {
  const { forbidden, options } = rules
  const { output } = await cruise(['src'], {
    ...options,
    baseDir: fileURLToPath(folder),
    ruleSet: { forbidden } as IFlattenedRuleSet,
    validate: true,
  })
  if (typeof output === 'string') throw new Error('dependency-cruiser was asked for an object')
  return output.summary.violations.map(({ rule, from, to }) => {
    const target = to.replace(/.*node_modules\/((?:@[^/]+\/)?[^/]+).*/, '$1')
    return `${rule.name}: ${from === to ? from : `${from} -> ${target}`}`
  })
}

test('the source keeps its walls', async () => {
  expect(await violationsIn(new URL('../../', import.meta.url))).toEqual([])
})

describe('code is refused that', () => {
  let found: string[] = []
  beforeAll(async () => {
    found = await violationsIn(new URL('fixtures/', import.meta.url))
  })

  test.each(breaches)('%s', (_does, what, rule) => {
    expect(found).toContain(`${rule}: ${what}`)
  })
})

test('code that is as it should be is left alone', async () => {
  const found = await violationsIn(new URL('fixtures/', import.meta.url))
  const rightly = [
    'src/adapters/index.ts',
    'src/app.ts',
    'src/cli/serve.ts',
    'src/creative_agents/list.ts',
    'src/main.ts',
    'src/mcp/server.ts',
  ]
  const importers = found.map((line) => line.split(' ')[1])
  for (const module of rightly) expect(importers).not.toContain(module)
})

describe('every rule', () => {
  const { forbidden } = rules

  test('has been seen to bite', () => {
    expect(new Set(breaches.map(([, , rule]) => rule))).toEqual(new Set(forbidden.map(({ name }) => name)))
  })

  test.each(forbidden)('$name tells the person who trips it what to do instead', ({ comment = '' }) => {
    expect(comment.length).toBeGreaterThan(40)
  })
})
