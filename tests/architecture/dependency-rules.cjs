/** What answers buyers and people: it knows PostgreSQL, and nothing that could keep it waiting. */
const requestSide =
  '^src/(mcp|tools|slack|blocks|console|commands|queries|adcp|seed|db|monitoring)/|^src/(jobs|capabilities|ids|client_config|log|passwords|rights|seal|sealed_columns|tokens|trace)\\.ts$'
const workerSide = '^src/(tasks|adapters|worker|webhooks|outbound|creative_agents)/'
const doors = '^src/(mcp|tools|slack|console|cli|demo)/'

/** A package, wherever it is installed, or its bare name where it is not. */
const packages = (...names) => `(^|node_modules/)(@types/)?(${names.join('|')})(/|$)`

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'the-request-side-never-reaches-the-worker-side',
      comment:
        'A tool call answers from PostgreSQL, whatever the ad server does. Say in src/jobs.ts what must be done, enqueue() it in the transaction of the rows, and let src/tasks do it. Types count: what you know of an adapter you will soon call.',
      severity: 'error',
      from: { path: requestSide },
      to: { path: workerSide, reachable: true },
    },
    {
      name: 'the-request-side-makes-no-outbound-call',
      comment:
        'Whoever calls out waits for somebody else. Make it a job: the task may call out as long as it likes. (ESLint keeps fetch away, which needs no import. src/slack answers a click with a view or a word in private, and nothing more.)',
      severity: 'error',
      from: { path: requestSide, pathNot: '^src/slack/' },
      to: {
        path: [
          packages('soap', 'undici', 'axios', 'got', 'node-fetch', 'ws', '@slack/web-api', '@slack/webhook'),
          'node_modules/@modelcontextprotocol/sdk/.*/client/',
          '^(node:)?(https|http2|tls|dgram)$',
        ],
        reachable: true,
      },
    },
    {
      name: 'only-the-transports-speak-http',
      comment:
        'node:http is for listening: src/mcp listens, src/console and src/slack are what it passes requests on to, and src/monitoring is asked how the process fares. To call out, make it a job.',
      severity: 'error',
      from: { path: requestSide, pathNot: '^src/(mcp|console|slack|db/embedded|monitoring)/' },
      to: { path: '^(node:)?(http|net)$' },
    },
    {
      name: 'the-worker-side-knows-no-door',
      comment:
        'A task serves whoever enqueued it: a buyer, a button, a clock. What it shares with a tool belongs in src/commands, src/queries or src/adcp.',
      severity: 'error',
      from: { path: workerSide },
      to: { path: doors, reachable: true },
    },
    {
      name: 'webhooks-are-sent-by-tasks',
      comment:
        'What goes to a buyer is an outbox row and a job: announce() of src/commands, in the transaction of the change. Only a task sends it, and knows how to try again.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(tasks|webhooks)/' },
      to: { path: '^src/webhooks/' },
    },
    {
      name: 'the-sender-of-webhooks-reads-no-rows',
      comment:
        'src/webhooks checks an address, proves who we are and sends bytes. Which ones and when is for the task, which has the rows. (Types of rows are fine.)',
      severity: 'error',
      from: { path: '^src/webhooks/' },
      to: {
        path: ['^src/(?!(webhooks|outbound)/)', packages('kysely', 'pg')],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'what-calls-strangers-knows-nobody',
      comment:
        'src/outbound checks where an address given by a stranger leads, and speaks to it. Whoever calls it says what for.',
      severity: 'error',
      from: { path: '^src/outbound/' },
      to: { path: ['^src/(?!outbound/)', packages('kysely', 'pg')] },
    },
    {
      name: 'an-adapter-knows-only-itself',
      comment:
        'An adapter speaks to its ad server. Rows are the business of src/tasks, configuration comes in through connect(), and what two adapters share belongs in the contract, which adapter.ts holds or passes on.',
      severity: 'error',
      from: { path: '^src/adapters/(?!contract/)([^/]+)/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/adapters/$1/',
          '^src/adapters/adapter\\.ts$',
          '^src/(capabilities|abort|plain_line)\\.ts$',
        ],
      },
    },
    {
      name: 'the-adapter-contract-stands-alone',
      comment:
        'Whoever writes an adapter reads adapter.ts with contract/, capabilities.ts and abort.ts, and nothing else; so they may lead nowhere else.',
      severity: 'error',
      from: { path: '^src/(adapters/(adapter\\.ts|contract/)|(capabilities|abort|plain_line)\\.ts$)' },
      to: { path: '^src/', pathNot: '^src/(adapters/contract/|(capabilities|abort|plain_line)\\.ts$)' },
    },
    {
      name: 'only-app-chooses-an-adapter',
      comment:
        'Code that knows which ad server it talks to works with that one only. Take ctx.connect() and the contract in adapter.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/((app|connections)\\.ts$|adapters/)' },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/adapter\\.ts$' },
    },
    {
      name: 'only-the-commands-wire',
      comment:
        'app.ts and serve_http.ts put the parts together, config.ts reads the environment and from_config.ts what follows from it. A part takes what it needs as an argument, so that a test can give it something else.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/((main|app|serve_http|connections|from_config)\\.ts$|(cli|demo)/)',
      },
      to: { path: '^src/(main|app|serve_http|connections|from_config|config)\\.ts$' },
    },
    {
      name: 'nothing-needs-the-command-line',
      comment:
        'Commands are the outermost ring. What a command and something else both need belongs further in.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts$|(cli|demo)/)' },
      to: { path: '^src/(cli|demo)/' },
    },
    {
      name: 'a-tool-knows-no-transport',
      comment:
        'The same tool answers over stdio, HTTP and SSE. It gets a principal, a clock and a database in its context.',
      severity: 'error',
      from: { path: '^src/tools/' },
      to: { path: '^src/mcp/' },
    },
    {
      name: 'a-tool-knows-no-other-tool',
      comment:
        'Two tools that import each other can no longer change alone. A shared select belongs in src/queries, a shared write in src/commands, a shared word of AdCP in src/adcp.',
      severity: 'error',
      from: { path: '^src/tools/(?!index\\.ts|define-tool\\.ts)([a-z_]+)' },
      to: { path: '^src/tools/', pathNot: ['^src/tools/$1(\\.ts$|/)', '^src/tools/define-tool\\.ts$'] },
    },
    {
      name: 'a-page-knows-no-other-page',
      comment:
        'Two pages of the console that import each other can no longer change alone. What both show belongs in src/console/parts, a shared select in src/queries, a shared write in src/commands.',
      severity: 'error',
      from: { path: '^src/console/pages/([a-z_]+)' },
      to: { path: '^src/console/pages/', pathNot: '^src/console/pages/$1(\\.tsx?$|/)' },
    },
    {
      name: 'what-doors-share-knows-no-door',
      comment:
        'Tools, buttons and commands all come through here. Take what you need from the door as an argument.',
      severity: 'error',
      from: { path: '^src/(commands|queries|adcp|seed)/|^src/(jobs|capabilities)\\.ts$' },
      to: { path: doors },
    },
    {
      name: 'adcp-holds-no-sql',
      comment:
        'src/adcp is the protocol in our words: schemas, codes, answers. It may know the shape of a row (import type), but fetching one is for a tool, src/queries or src/commands.',
      severity: 'error',
      from: { path: '^src/adcp/' },
      to: {
        path: [packages('kysely', 'pg', 'graphile-worker'), '^src/(?!adcp/|plain_line\\.ts$)'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the-database-knows-nobody',
      comment: 'src/db opens, migrates and describes the database. What the rows mean is known further up.',
      severity: 'error',
      from: { path: '^src/db/' },
      to: { path: '^src/', pathNot: '^src/(db/|log\\.ts$)' },
    },
    {
      name: 'only-the-door-of-slack-imports-bolt',
      comment:
        'Bolt listens to Slack, and src/slack turns what it hears into commands. To say something in Slack, tellPeople(); src/tasks posts it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/slack/' },
      to: { path: packages('@slack/bolt') },
    },
    {
      name: 'only-the-sign-in-asks-the-identity-provider',
      comment:
        'openid-client calls out, and somebody waits for it: whoever is signing in, for a few seconds at most. Nobody else may.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/console/oidc\\.ts$' },
      to: { path: packages('openid-client') },
    },
    {
      name: 'tokens-are-judged-by-keys-at-hand',
      comment:
        'jose can fetch the keys of an issuer, and a call would wait for it. Take jose/jwt/verify with jose/jwks/local; a job reads the keys. (Types are fine.)',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: packages('jose'),
        pathNot: 'jose/dist/[a-z]+/(jwt/verify|jwks/local|util/errors)\\.(js|d\\.ts)$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'messages-are-built-from-facts',
      comment:
        'src/blocks turns facts into Block Kit: no rows are read there and nothing is sent, so that any buy can be tried on it. (Types of rows are fine.)',
      severity: 'error',
      from: { path: '^src/blocks/' },
      to: { path: '^src/(?!blocks/|(plain_line|pricing_words)\\.ts$)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-mcp-imports-the-mcp-sdk',
      comment:
        'The SDK changes often and has opinions about errors; src/mcp keeps both to itself. (src/demo is a buyer and src/creative_agents asks other servers: they import the client.)',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(mcp|demo|creative_agents)/' },
      to: { path: packages('@modelcontextprotocol') },
    },
    {
      name: 'creative-agents-are-asked-through-outbound',
      comment:
        'A creative agent is a stranger: src/creative_agents speaks MCP to it, over publicFetch() of src/outbound alone, and judges what it says. Rows and when to ask are for the task.',
      severity: 'error',
      from: { path: '^src/creative_agents/' },
      to: {
        path: [
          '^src/(?!(creative_agents|outbound|adcp)/|abort\\.ts$|seed/adcp_words\\.ts$)',
          packages('kysely', 'pg', 'undici'),
          '^(node:)?(http|https|http2|net|tls|dns)$',
        ],
      },
    },
    {
      name: 'only-the-worker-side-imports-graphile-worker',
      comment:
        'A job is added with enqueue() of src/jobs.ts, in a transaction. (src/db/migrate.ts installs its tables.)',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/((tasks|worker)/|db/migrate\\.ts$)' },
      to: { path: packages('graphile-worker') },
    },
    {
      name: 'production-needs-no-development-package',
      comment:
        'npm ci --omit=dev must leave a desk that runs. Move the package to dependencies, or the code to tests.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'every-package-is-declared',
      comment: 'It is only there because another package brought it along. Add it to package.json.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'undetermined', 'unknown'] },
    },
    {
      name: 'production-needs-no-test',
      comment: 'Tests import the code, never the other way round.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '(^|/)tests/.*\\.ts$' },
    },
    {
      name: 'no-cycles',
      comment:
        'Modules in a circle can only be understood, and loaded, all at once. What both need is a third module.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'nothing-orphaned',
      comment: 'Nobody imports this file and it imports nobody. Delete it or use it.',
      severity: 'error',
      from: { path: '^src/', orphan: true },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/console/assets/' }, // for browsers
    tsPreCompilationDeps: true, // type-only imports count too
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
