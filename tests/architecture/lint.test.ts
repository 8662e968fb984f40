import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { expect, test } from 'vitest'

const eslint = new ESLint({
  cwd: fileURLToPath(new URL('../../', import.meta.url)),
  overrideConfigFile: 'tests/architecture/eslint.config.js',
  // with CI set, typescript-eslint would read the file from disk instead of the text given here
  overrideConfig: { languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } } },
})

/** The rules that code written at this place breaks. */
async function broken(filePath: string, code: string): Promise<(string | null)[]> {
  const results = await eslint.lintText(`export {}\n${code}\n`, { filePath })
  return results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId))
}

test.each([
  [
    'a tool that calls out',
    'src/tools/index.ts',
    `void fetch('http://ads.example')`,
    'no-restricted-globals',
  ],
  [
    'a creative agent asked past the guard of addresses',
    'src/creative_agents/list_formats.ts',
    `void fetch('http://studio.example')`,
    'no-restricted-globals',
  ],
  [
    'an ad server asked past the guard of addresses',
    'src/adapters/adcp_mock/client.ts',
    `void fetch('http://ads.example')`,
    'no-restricted-globals',
  ],
  [
    'a token that is compared character by character',
    'src/mcp/authenticate.ts',
    `export const isIts = (given: string, row: { token: string }) => given === row.token`,
    'no-restricted-syntax',
  ],
  [
    'a signature compared so',
    'src/webhooks/send.ts',
    `export const isOurs = (signature: string, other: string) => signature !== other`,
    'no-restricted-syntax',
  ],
  [
    'a task that reads the environment',
    'src/tasks/index.ts',
    'void process.env.TOKEN',
    'no-restricted-properties',
  ],
  ['a line on stdout, where stdio clients read', 'src/mcp/stdio.ts', `console.log('ready')`, 'no-console'],
  [
    'a promise nobody waits for',
    'src/commands/record.ts',
    'Promise.reject(new Error())',
    '@typescript-eslint/no-floating-promises',
  ],
])('%s is refused', async (_what, file, code, rule) => {
  expect(await broken(file, code)).toContain(rule)
})

test.each([
  ['a task may call out', 'src/tasks/index.ts', `void fetch('http://ads.example')`],
  [
    'a token may be looked for at all',
    'src/mcp/authenticate.ts',
    `export const has = (token?: string) => token === undefined || token !== ''`,
  ],
  ['src/config.ts may read the environment', 'src/config.ts', 'void process.env.TOKEN'],
])('%s', async (_what, file, code) => {
  expect(await broken(file, code)).toEqual([])
})
