import { type Document, LineCounter, parseDocument } from 'yaml'

/** What YAML or JSON says, and where each part of it stands; or where it is neither. */
export type ReadYaml =
  | { written: unknown; document: Document; lines: LineCounter }
  | { written?: never; line: number | undefined; message: string }

/** Only the first place where it is no YAML: a bracket forgotten there makes hundreds of lines after it look wrong. */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [error] = document.errors
  if (error) {
    const message = error.message.split('\n')[0]?.replace(/:$/, '') ?? ''
    return { line: lines.linePos(error.pos[0]).line, message }
  }
  try {
    return { written: document.toJS({ maxAliasCount: 100 }), document, lines }
  } catch (error) {
    // an alias of nothing, or aliases of aliases that become very many
    if (!(error instanceof ReferenceError)) throw error
    return { line: undefined, message: error.message }
  }
}
