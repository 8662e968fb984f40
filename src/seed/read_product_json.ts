import { lineOf, spellPath, type Path } from './publisher_file_error.ts'
import type { LocatedProblem, ReadFile } from './read_file.ts'
import { readYaml } from './read_yaml.ts'

/** Reads products in the words of the publisher file: JSON or YAML, `{ products: […] }` or the list alone. Each is all that is said of it. */
export function fromJson(text: string): ReadFile {
  const read = readYaml(text)
  if ('message' in read) return unreadable(`cannot be read: ${read.message}`, read.line)
  const { written: file, document, lines } = read
  const at: Path = Array.isArray(file) ? [] : ['products']
  const list = Array.isArray(file) ? file : (file as { products?: unknown } | null)?.products
  if (!Array.isArray(list))
    return unreadable(
      'has no products: it is a list of them, or { "products": [ … ] } as in the publisher file',
    )
  return {
    problems: [],
    products: list.map((written: unknown, index) => ({
      written,
      leaves: () => false,
      locate: (path) => {
        const whole = [...at, index, ...path]
        return { line: lineOf(document, lines, whole), part: spellPath(whole) }
      },
    })),
  }
}

function unreadable(message: string, line?: number): ReadFile {
  const problem: LocatedProblem = { line, part: 'The file', message }
  return { products: [], problems: [problem] }
}
