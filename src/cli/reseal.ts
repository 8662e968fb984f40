import type { Command } from 'commander'
import { reseal, type Progress } from '../commands/reseal.ts'
import { UnwellError } from './doctor.ts'
import { say, withDb } from './environment.ts'
import { ownSeal } from './own_seal.ts'

export function registerReseal(program: Command): void {
  program
    .command('reseal')
    .description(
      'Seal everything in the database anew under SALESDESK_ENCRYPTION_KEY that is under one of SALESDESK_DECRYPTION_KEYS.',
    )
    .action(() =>
      withDb(async (db, { config }) => {
        const { resealed, unopened, left } = await reseal(db, ownSeal(config), tell)
        say(`${resealed} sealed anew.`)
        for (const one of unopened) say(`No key here opens what is kept for ${one}.`)
        if (unopened.length > 0)
          throw new UnwellError(
            `${unopened.length} stay as they are. Name the key they are under in SALESDESK_DECRYPTION_KEYS and run this again.`,
          )
        if (left > 0)
          throw new UnwellError(
            `${left} were sealed under another key meanwhile. Start every server and worker with the new key, then run this again.`,
          )
        say('Everything is under SALESDESK_ENCRYPTION_KEY; the other keys are not needed any more.')
      }),
    )
}

function tell({ table, column, done, total }: Progress) {
  say(`${table}.${column}: ${done} of ${total}`)
}
