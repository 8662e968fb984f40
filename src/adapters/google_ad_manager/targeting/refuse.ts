import { AdapterError } from '../../adapter.ts'

/** A refusal that names the part of a package's targeting Google cannot carry out. */
export function cannotTarget(packageId: string, part: string, why: string): AdapterError {
  const message = `package ${packageId}: targeting_overlay.${part} cannot be carried out on Google Ad Manager: ${why}.`
  return new AdapterError('permanent', 'unsupported_targeting', message)
}
