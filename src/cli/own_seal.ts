import { sealOf } from '../from_config.ts'
import type { Config } from '../config.ts'
import { SealError, type Seal } from '../seal.ts'

/** What this command seals and opens with. @throws SealError where there is no key */
export function ownSeal(config: Config): Seal {
  const seal = sealOf(config)
  if (seal) return seal
  throw new SealError('SALESDESK_ENCRYPTION_KEY is not set; see .env.example.')
}
