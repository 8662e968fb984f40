#!/usr/bin/env node
import { Command } from 'commander'
import { registerCreativeAgents } from './cli/creative_agents.ts'
import { registerDecisions } from './cli/decide.ts'
import { registerDemo } from './cli/demo.ts'
import { registerDoctor } from './cli/doctor.ts'
import { explain } from './cli/explain.ts'
import { registerGam } from './cli/gam.ts'
import { registerKeys } from './cli/keys.ts'
import { registerMigrate } from './cli/migrate.ts'
import { registerProperties } from './cli/properties.ts'
import { registerReseal } from './cli/reseal.ts'
import { registerSecret } from './cli/secret.ts'
import { registerSeed } from './cli/seed.ts'
import { registerServe } from './cli/serve.ts'
import { registerStart } from './cli/start.ts'
import { registerSteps } from './cli/steps.ts'
import { registerStdio } from './cli/stdio.ts'
import { registerSync } from './cli/sync.ts'
import { registerToken } from './cli/token.ts'
import { registerTrust } from './cli/trust.ts'
import { registerWebhooks } from './cli/webhooks.ts'
import { registerWork } from './cli/work.ts'

const program = new Command('salesdesk')
  .description('A sales desk for AI buying agents: they discover and buy advertising over MCP and AdCP.')
  .version('0.1.0')
  .showHelpAfterError('(see --help)')
  .addHelpText(
    'after',
    '\nConfiguration comes from the environment or ./.env; .env.example describes every variable.',
  )
for (const register of [
  registerStart,
  registerServe,
  registerWork,
  registerStdio,
  registerDemo,
  registerMigrate,
  registerSeed,
  registerDoctor,
  registerGam,
  registerSecret,
  registerSync,
  registerProperties,
  registerCreativeAgents,
  registerDecisions,
  registerSteps,
  registerToken,
  registerTrust,
  registerKeys,
  registerReseal,
  registerWebhooks,
])
  register(program)

// whoever reads us may stop before we are done, as head does
process.stdout.on('error', () => {})

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  // everything that had to be closed is closed by now; nothing left open may keep the process
  process.exit(1)
}
