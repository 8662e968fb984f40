import { hasRelease } from '../../support/adcp_schemas.ts'
import type { Json } from '../../support/official_requests.ts'

/** A request that we take and AdCP's schema refuses, or the other way round. */
export interface Disagreement {
  tool: string
  we: 'accept' | 'refuse'
  /** Where, as RFC 6901 writes it. */
  pointer: string
  keyword: string
  message: string
  request: Json
}
interface Exception {
  we: 'accept' | 'refuse'
  tool?: string
  at: RegExp
  keyword?: string
  /** Only while the schemas of 3.1, which take it, are not at hand. */
  since?: '3.1'
  only?: (value: unknown) => boolean
  because: string
}

const exceptions: readonly Exception[] = []

/** The exception that allows this disagreement, if there is one. */
export function excuse(disagreement: Disagreement): Exception | undefined {
  return exceptions.find(
    ({ we, tool, at, keyword, since, only }) =>
      we === disagreement.we &&
      (tool === undefined || tool === disagreement.tool) &&
      at.test(disagreement.pointer) &&
      (keyword === undefined || keyword === disagreement.keyword) &&
      (since === undefined || !hasRelease(since)) &&
      (only?.(valueAt(disagreement)) ?? true),
  )
}

const valueAt = ({ request, pointer }: Disagreement): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((one, key) => (one as Record<string, unknown> | undefined)?.[key], request)
