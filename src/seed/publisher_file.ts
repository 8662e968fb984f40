import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { CreativeAgent } from './creative_agent_schema.ts'
import { crossCheck } from './cross_checks.ts'
import { fields } from './file_words.ts'
import { Format } from './format_schema.ts'
import { Product } from './product_schema.ts'
import { lineOf, type Problem, problemsOf, PublisherFileError } from './publisher_file_error.ts'
import { Proposal } from './proposal_schema.ts'
import { readYaml } from './read_yaml.ts'
import { Account, Connection, Principal, Publisher, Tenant } from './tenant_schema.ts'
import { notUtf8, textOf } from './text_of.ts'
import { unkeepable } from './unkeepable.ts'

/** Everything a publisher tells Salesdesk about itself. docs/examples/publisher.yaml explains each part. */
export const PublisherFile = fields({
  tenant: Tenant,
  connections: z.array(Connection).default([]),
  publishers: z.array(Publisher).min(1),
  creative_agents: z.array(CreativeAgent).default([]),
  formats: z.array(Format).default([]),
  products: z.array(Product).default([]),
  proposals: z.array(Proposal).default([]),
  principals: z.array(Principal).default([]),
  accounts: z.array(Account).default([]),
})
export type PublisherFile = z.output<typeof PublisherFile>

/**
 * Reads and checks a publisher file.
 * @throws PublisherFileError naming every problem with its line.
 */
export async function readPublisherFile(path: string): Promise<PublisherFile> {
  const read = readYaml(await readText(path))
  if ('message' in read)
    throw new PublisherFileError(path, [
      { path: [], line: read.line, message: `not valid YAML: ${read.message}` },
    ])
  const { document, lines, written } = read
  const { file, problems } = checkPublisherFile(written)
  if (file && problems.length === 0) return file
  throw new PublisherFileError(
    path,
    problems.map((problem) => ({ ...problem, line: lineOf(document, lines, problem.path) })),
  )
}

function checkPublisherFile(written: unknown): { file: PublisherFile | undefined; problems: Problem[] } {
  const unkept = unkeepable(written)
  if (unkept.length > 0) return { file: undefined, problems: unkept }
  const { data, error } = PublisherFile.safeParse(written)
  return { file: data, problems: [...problemsOf(error?.issues ?? []), ...crossCheck(written)] }
}

async function readText(path: string): Promise<string> {
  const read = textOf(await readBytes(path))
  if ('text' in read) return read.text
  throw new PublisherFileError(path, [{ path: [], line: read.line, message: notUtf8 }])
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `it cannot be read (${reason}). Give the path of a publisher file; docs/examples/publisher.yaml is one`
    throw new PublisherFileError(path, [{ path: [], message }])
  }
}
