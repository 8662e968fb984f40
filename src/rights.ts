import type { UserRole } from './db/schema.ts'

/** What a person may do for a publisher: look, decide what waits, run the business, let people in. */
export type Right = 'see' | 'decide' | 'manage' | 'administer'

const rank: Record<UserRole, number> = { viewer: 0, approver: 1, manager: 2, admin: 3 }
const least: Record<Right, UserRole> = {
  see: 'viewer',
  decide: 'approver',
  manage: 'manager',
  administer: 'admin',
}

/** Whether somebody in this role has that right; each role has all rights of the ones below it. */
export const may = (role: UserRole, right: Right): boolean => rank[role] >= rank[least[right]]

/** The least role that has the right, to tell whoever has it not. */
export const leastRole = (right: Right): UserRole => least[right]
