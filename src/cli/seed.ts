import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { readPublisherFile } from '../seed/publisher_file.ts'
import { savePublisher } from '../seed/save_publisher.ts'
import { operator, say, withDb } from './environment.ts'

/** The believable publisher that demo and first start sell for. */
export const examplePublisher = fileURLToPath(new URL('../../docs/examples/publisher.yaml', import.meta.url))

export function registerSeed(program: Command): void {
  program
    .command('seed')
    .description(
      'Bring a publisher, its products, formats and buyers to what a file says. Run it again after each change.',
    )
    .argument('[file]', 'a publisher file', examplePublisher)
    .action(async (path: string) => {
      const file = await readPublisherFile(path)
      await withDb(async (db) => {
        const saved = await savePublisher(db, file, { kind: 'operator', name: operator() })
        say(
          `${saved.tenant_id}: ${saved.products} products, ${saved.formats} formats, ${saved.publishers} domains, ${saved.principals} buying agents.`,
        )
        say(saved.changed === 0 ? 'Nothing had changed.' : `${saved.changed} rows written.`)
      })
    })
}
