import type { Command } from 'commander'

interface Door {
  names: readonly string[]
  load: () => Promise<(program: Command) => void>
}

/** Every command, in the order of `salesdesk --help`, and the file that knows it. */
const doors: readonly Door[] = [
  { names: ['start'], load: async () => (await import('./start.ts')).registerStart },
  { names: ['serve'], load: async () => (await import('./serve.ts')).registerServe },
  { names: ['work'], load: async () => (await import('./work.ts')).registerWork },
  { names: ['stdio'], load: async () => (await import('./stdio.ts')).registerStdio },
  { names: ['demo'], load: async () => (await import('./demo.ts')).registerDemo },
  { names: ['migrate'], load: async () => (await import('./migrate.ts')).registerMigrate },
  { names: ['seed'], load: async () => (await import('./seed.ts')).registerSeed },
  { names: ['doctor'], load: async () => (await import('./doctor.ts')).registerDoctor },
  { names: ['check'], load: async () => (await import('./check.ts')).registerCheck },
  { names: ['gam'], load: async () => (await import('./gam.ts')).registerGam },
  { names: ['secret'], load: async () => (await import('./secret.ts')).registerSecret },
  { names: ['sync'], load: async () => (await import('./sync.ts')).registerSync },
  { names: ['properties'], load: async () => (await import('./properties.ts')).registerProperties },
  {
    names: ['creative-agents'],
    load: async () => (await import('./creative_agents.ts')).registerCreativeAgents,
  },
  { names: ['approve', 'reject'], load: async () => (await import('./decide.ts')).registerDecisions },
  {
    names: ['steps', 'retry', 'skip', 'abandon'],
    load: async () => (await import('./steps.ts')).registerSteps,
  },
  { names: ['token'], load: async () => (await import('./token.ts')).registerToken },
  { names: ['tenants'], load: async () => (await import('./tenants.ts')).registerTenants },
  { names: ['invite'], load: async () => (await import('./invite.ts')).registerInvite },
  { names: ['trust'], load: async () => (await import('./trust.ts')).registerTrust },
  { names: ['oauth'], load: async () => (await import('./oauth.ts')).registerOauth },
  { names: ['keys'], load: async () => (await import('./keys.ts')).registerKeys },
  { names: ['reseal'], load: async () => (await import('./reseal.ts')).registerReseal },
  { names: ['slack'], load: async () => (await import('./slack.ts')).registerSlack },
  { names: ['webhooks'], load: async () => (await import('./webhooks.ts')).registerWebhooks },
]

/**
 * Gives the program the command of this name, or all of them where none has it: for help, and for what to say of a mistake.
 * What a command does not need is not loaded, which is most of the time a short one takes.
 */
export async function registerCommands(program: Command, asked: string | undefined): Promise<void> {
  const found = doors.filter(({ names }) => names.some((name) => name === asked))
  for (const { load } of found.length > 0 ? found : doors) (await load())(program)
}
