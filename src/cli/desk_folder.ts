import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** SALESDESK_DATA_DIR does not lead to a desk; the message says where it leads and what to give instead. */
export class DeskFolderError extends Error {
  override name = 'DeskFolderError'
}

/**
 * Refuses a folder that cannot be SALESDESK_DATA_DIR: the database inside one, and, for who only comes to a desk, one where no desk
 * ever was. Nothing is made there. @throws DeskFolderError
 */
export function checkDeskFolder(folder: string, { begins }: { begins: boolean }): void {
  if (existsSync(join(folder, 'PG_VERSION')))
    throw new DeskFolderError(
      `${folder} is the database itself. Set SALESDESK_DATA_DIR to the folder around it, ${dirname(folder)}.`,
    )
  if (begins || isDesk(folder)) return
  const inside = ['.salesdesk', '.'].map((name) => join(folder, name)).find(isDesk)
  const found = inside ?? (isDesk(dirname(folder)) ? dirname(folder) : undefined)
  const advice =
    found === undefined
      ? 'Set SALESDESK_DATA_DIR to the folder of a desk: where "salesdesk start" was run it is .salesdesk, unless that was started with another. ' +
        'Where the desk has a PostgreSQL of its own, set DATABASE_URL instead.'
      : `Set SALESDESK_DATA_DIR to ${found}, where there is one.`
  throw new DeskFolderError(
    `There is no desk in ${folder}, so nothing was opened and nothing was made. ${advice}`,
  )
}

/** PostgreSQL may have its files elsewhere; the key is beside where they were asked for, and is made first. */
const isDesk = (folder: string) =>
  existsSync(join(folder, 'encryption-key')) || existsSync(join(folder, 'postgres', 'PG_VERSION'))
