import { readFile } from 'node:fs/promises'
import { type Document, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { CreativeAgent } from './creative_agent_schema.ts'
import { crossCheck } from './cross_checks.ts'
import { fields } from './file_words.ts'
import { Format } from './format_schema.ts'
import { Product } from './product_schema.ts'
import { lineOf, type Problem, problemsOf, PublisherFileError } from './publisher_file_error.ts'
import { Proposal } from './proposal_schema.ts'
import { Account, Connection, Principal, Publisher, Tenant } from './tenant_schema.ts'

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
  const lines = new LineCounter()
  const document = parseDocument(await readText(path), { lineCounter: lines })
  if (document.errors.length > 0) throw new PublisherFileError(path, syntaxProblems(document, lines))
  const { file, problems } = checkPublisherFile(document.toJS())
  if (file && problems.length === 0) return file
  throw new PublisherFileError(
    path,
    problems.map((problem) => ({ ...problem, line: lineOf(document, lines, problem.path) })),
  )
}

function checkPublisherFile(written: unknown): { file: PublisherFile | undefined; problems: Problem[] } {
  const { data, error } = PublisherFile.safeParse(written)
  return { file: data, problems: [...problemsOf(error?.issues ?? []), ...crossCheck(written)] }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `it cannot be read (${reason}). Give the path of a publisher file; docs/examples/publisher.yaml is one`
    throw new PublisherFileError(path, [{ path: [], message }])
  }
}

/** The first place where it is no YAML; a bracket forgotten there makes hundreds of lines after it look wrong. */
function syntaxProblems(document: Document.Parsed, lines: LineCounter) {
  return document.errors.slice(0, 1).map((error) => ({
    path: [],
    line: lines.linePos(error.pos[0]).line,
    message: `not valid YAML: ${error.message.split('\n')[0]?.replace(/:$/, '')}`,
  }))
}
