import type { z } from 'zod'
import type { AdcpVersion } from '../adcp/version.ts'
import type { WebhookTerms } from '../commands/keep_push_notification_config.ts'
import type { Db, ReadDb } from '../db/database.ts'

/** A buying agent, as its token proved it. */
export interface Principal {
  principal_id: string
  tenant_id: string
  name: string
  sandbox: boolean
  allowed_product_ids: readonly string[] | null
  /** null: as many as it likes. */
  max_calls_per_minute: number | null
}

/** Somebody without a token, who has found a desk. Nothing belongs to nobody. */
export function stranger(tenant_id: string): Principal {
  const nobody = { principal_id: '', name: '', sandbox: false }
  return { ...nobody, tenant_id, allowed_product_ids: null, max_calls_per_minute: null }
}
export const isStranger = ({ principal_id }: Principal): boolean => principal_id === ''

/** What a tool is given besides its input. Nothing in it can reach an ad server. */
export interface ToolContext<D> {
  db: D
  principal: Principal
  version: AdcpVersion
  now: Date
  /** Undefined where the desk has no key to keep a buyer's secrets under; it then sends no webhooks. */
  webhooks: WebhookTerms | undefined
  /** This buyer may move its own things as it likes, with comply_test_controller. */
  may_force: boolean
  /** Where agents reach the desk, without a final slash; undefined where nobody said. */
  publicUrl: string | undefined
  /** AdCP's request_signing as it is where this call came in; undefined where signatures are not looked at. */
  requestSigning: Output | undefined
}

export type Output = Record<string, unknown>

interface Described<I extends z.ZodObject> {
  /** As on the wire; also the file's name. */
  name: string
  /** Other names it answers to, not listed. */
  aliases?: readonly string[]
  title: string
  description: string
  input: I
  /** One or two sentences for a person: what came back and what to do next. */
  summary(output: Output): string
}
export interface ReadTool<I extends z.ZodObject> extends Described<I> {
  kind: 'read'
  /** What somebody without a token may hear of the answer; left out, the tool does not answer them. @throws AdcpError */
  forStrangers?(output: Output, input: z.infer<I>): Output
  handle(input: z.infer<I>, ctx: ToolContext<ReadDb>): Promise<Output>
}
export interface WriteTool<I extends z.ZodObject> extends Described<I> {
  kind: 'write'
  /** True when it can spend money or undo something. */
  destructive: boolean
  handle(input: z.infer<I>, ctx: ToolContext<Db>): Promise<Output>
}

/** A tool that reads, but for one thing it can be asked to write; only for that it takes writeDb. */
export interface MixedTool<I extends z.ZodObject> extends Described<I> {
  kind: 'mixed'
  /** As a read tool's. @throws AdcpError */
  forStrangers?(output: Output, input: z.infer<I>): Output
  handle(input: z.infer<I>, ctx: ToolContext<ReadDb> & { writeDb: Db }): Promise<Output>
}

/** Any tool, for code that serves them all. */
export interface Tool extends Omit<Described<z.ZodObject>, 'input'> {
  kind: 'read' | 'write' | 'mixed'
  destructive?: boolean
  input: z.ZodObject
  forStrangers?(output: Output, input: never): Output
  handle(input: never, ctx: never): Promise<Output>
}

/** A tool that only reads: its handler is handed a database that can only select. */
export const readTool = <I extends z.ZodObject>(tool: Omit<ReadTool<I>, 'kind'>): ReadTool<I> => ({
  kind: 'read',
  ...tool,
})
/** A tool that writes: its handler opens one transaction for the rows and the jobs they need. */
export const writeTool = <I extends z.ZodObject>(tool: Omit<WriteTool<I>, 'kind'>): WriteTool<I> => ({
  kind: 'write',
  ...tool,
})
/** A tool that reads on read-only connections and has one write among what it can be asked. It is announced as one that writes. */
export const mixedTool = <I extends z.ZodObject>(tool: Omit<MixedTool<I>, 'kind'>): MixedTool<I> => ({
  kind: 'mixed',
  ...tool,
})
