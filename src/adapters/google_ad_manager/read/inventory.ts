import { z } from 'zod'
import type { Standing } from '../../adapter.ts'
import { count, Id, text } from './words.ts'

const standings: Readonly<Record<string, Standing>> = { ACTIVE: 'active', ARCHIVED: 'archived' }
/** What is neither active nor archived cannot be used for now. */
const standing = z.string().transform((word): Standing => standings[word] ?? 'inactive')

const Size = z.object({
  fullDisplayString: z.string().optional(),
  size: z.object({ width: z.int(), height: z.int() }).optional(),
})

export const AdUnit = z
  .object({
    id: Id,
    parentId: text,
    name: z.string(),
    status: standing,
    adUnitCode: text,
    adUnitSizes: z.array(Size).default([]),
  })
  .transform(({ id, name, status, parentId, adUnitCode, adUnitSizes }) => ({
    id,
    name,
    standing: status,
    parent_id: parentId,
    code: adUnitCode,
    sizes: adUnitSizes.flatMap(
      ({ fullDisplayString, size }) => fullDisplayString ?? (size ? `${size.width}x${size.height}` : []),
    ),
  }))

export const Placement = z
  .object({
    id: Id,
    name: z.string(),
    description: text,
    status: standing,
    targetedAdUnitIds: z.array(z.string()).default([]),
  })
  .transform(({ id, name, status, description, targetedAdUnitIds }) => ({
    id,
    name,
    standing: status,
    description,
    ad_unit_ids: targetedAdUnitIds,
  }))

export const TargetingKey = z
  .object({ id: Id, name: z.string(), displayName: text, type: z.string(), status: standing })
  .transform(({ id, name, status, displayName, type }) => ({
    id,
    name,
    standing: status,
    display_name: displayName,
    predefined: type === 'PREDEFINED',
  }))

export const TargetingValue = z
  .object({ customTargetingKeyId: Id, id: Id, name: z.string(), displayName: text, status: standing })
  .transform(({ id, name, status, customTargetingKeyId, displayName }) => ({
    id,
    name,
    standing: status,
    key_id: customTargetingKeyId,
    display_name: displayName,
  }))

export const AudienceSegment = z
  .object({
    id: Id,
    name: z.string(),
    description: text,
    status: standing,
    size: count.nullable().default(null),
  })
  .transform(({ status, ...segment }) => ({ ...segment, standing: status }))
