#!/usr/bin/env node
import { Command } from 'commander'
import { registerCommands } from './cli/commands.ts'
import { explain } from './cli/explain.ts'
import { visible } from './plain_line.ts'

const program = new Command('salesdesk')
  .description('A sales desk for AI buying agents: they discover and buy advertising over MCP and AdCP.')
  .version('0.1.0')
  .showHelpAfterError('(see --help)')
  .addHelpText(
    'after',
    '\nConfiguration comes from the environment or ./.env; .env.example describes every variable.',
  )
await registerCommands(program, process.argv[2])

// whoever reads us may stop before we are done, as head does
process.stdout.on('error', () => {})

try {
  await program.parseAsync()
} catch (error) {
  for (const line of explain(error).split('\n')) process.stderr.write(`${visible(line)}\n`)
  // everything that had to be closed is closed by now; nothing left open may keep the process
  process.exit(1)
}
