import type { Command } from 'commander'
import { runDemo } from '../demo/run.ts'

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description(
      'Play one buying day with a real MCP client on a throw-away database, then clean up. Takes about half a minute.',
    )
    .action(runDemo)
}
