import { defineConfig, globalIgnores } from 'eslint/config'
import { configs } from 'typescript-eslint'

/** What holds a secret, or stands for one, is called so; the hash of a request is none. */
const secretName =
  '/^(?!request_?hash$)(.*(_|[a-z]))?(token|secret|password|signature|mac|hmac|digest|hash|api_?key|csrf|cookie)(_?(hash|sealed))?$/i'

/** What TypeScript and Prettier do not see. Each rule beyond the recommended ones, and each one switched off, says why. */
export default defineConfig(
  // the fixtures are wrong on purpose: boundaries.test.ts sees each dependency rule bite on them
  globalIgnores(['tests/architecture/fixtures/', '**/*.js', '**/*.cjs']),
  {
    files: ['src/**/*.{ts,tsx}', 'tests/**/*.{ts,tsx}'],
    extends: [configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: 'tests/tsconfig.json', tsconfigRootDir: `${import.meta.dirname}/../..` },
    },
    // a comment that disables nothing misleads whoever reads it
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // a type import must look like one: it is gone at run time
      '@typescript-eslint/consistent-type-imports': 'error',
      // a new status, outcome or class of error must be answered wherever one is switched on
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // what a dependency is going to take away is found when it says so, not when it does
      '@typescript-eslint/no-deprecated': 'error',
      // a check that cannot fail hides the case somebody had in mind
      '@typescript-eslint/no-unnecessary-condition': 'error',
      // try { return promise } catches nothing
      '@typescript-eslint/return-await': 'error',
      // numbers print as one expects; objects, undefined and null must not reach a buyer as text
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // what is left out of an object or stands before the argument that is used gets an underscore
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // undefined and null mean different things to a buyer
      eqeqeq: 'error',
      // off: an async function without await still turns what it throws into a rejection, as its callers expect
      '@typescript-eslint/require-await': 'off',
      // off: our objects are closures whose methods never look at `this`
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    rules: {
      // stdout belongs to the MCP stdio transport: log.ts for machines, say() for people
      'no-console': 'error',
      // how long === takes tells how much was right: look the hash up, or timingSafeEqual (docs/security.md)
      'no-restricted-syntax': [
        'error',
        ...['left', 'right'].flatMap((side) =>
          ['name', 'property.name'].map((name) => ({
            selector: `BinaryExpression[operator=/^[!=]==?$/][${side}.${name}=${secretName}]:matches([left.type="Identifier"], [left.type="MemberExpression"]):matches([right.type="Identifier"], [right.type="MemberExpression"]):not([left.type="Identifier"][left.name="undefined"]):not([right.type="Identifier"][right.name="undefined"])`,
            message: 'Secrets are not compared with ===: look the hash up, or take timingSafeEqual.',
          })),
        ),
      ],
      // one reader of the environment: .env.example can then be complete, and a test needs no globals
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only src/config.ts reads the environment. Take a Config.',
        },
      ],
    },
  },
  {
    files: ['src/{mcp,tools,commands,queries,console,adcp,seed,db}/**/*.{ts,tsx}', 'src/*.ts'],
    rules: {
      // what dependency-rules.cjs forbids to import, and this needs no import: a tool call waits for nobody outside
      'no-restricted-globals': [
        'error',
        ...['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'].map((name) => ({
          name,
          message: 'The request side makes no outbound call. enqueue() a job and let src/tasks call out.',
        })),
      ],
    },
  },
  {
    files: ['src/creative_agents/**/*.ts'],
    rules: {
      // the address is a stranger's: publicFetch() looks where it leads
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Take publicFetch() of src/outbound.' }],
    },
  },
  {
    files: ['src/adapters/**/*.ts'],
    rules: {
      // the address is what somebody typed in: the connection's fetch looks where it leads
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Take the fetch of the Connection.' }],
    },
  },
  {
    files: ['src/config.ts'],
    rules: { 'no-restricted-properties': 'off' }, // it is that reader
  },
  {
    files: ['src/mcp/*.ts', 'tests/mcp/*.ts', 'tests/support/isolation/doors.ts'],
    rules: {
      // deprecated in favour of what server.ts says we cannot use, and of what legacy_sse.ts is there to outlive
      '@typescript-eslint/no-deprecated': [
        'error',
        {
          allow: [
            {
              from: 'package',
              package: '@modelcontextprotocol/sdk',
              name: ['Server', 'SSEServerTransport', 'SSEClientTransport'],
            },
          ],
        },
      ],
    },
  },
  {
    files: ['tests/**/*.{ts,tsx}'],
    rules: {
      // off: answers are taken apart as they come off the wire; the assertion says what they are
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
    },
  },
)
