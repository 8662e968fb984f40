import { loadModule } from 'libpg-query'
import { isAllowed } from './allowed.ts'
import type { Finding } from './bind.ts'
import { catalogueOf, type Table } from './catalogue.ts'
import { judge } from './judge.ts'
import { listenToStatements } from './listen.ts'
import { origin } from './origin.ts'

await loadModule()
let refused: string[] | undefined

/** From now on judges every statement of this process; the answer gives what was refused since it was last asked. Asked again, it goes on. */
export function watchStatements(tables: readonly Table[]): () => string[] {
  refused ??= watch(tables)
  return () => refused?.splice(0) ?? []
}

function watch(tables: readonly Table[]): string[] {
  const catalogue = catalogueOf(tables)
  const judged = new Map<string, Finding[]>()
  const complaints: string[] = []
  listenToStatements((statement, application) => {
    const shape = shapeOf(statement)
    const findings = judged.get(shape) ?? (isQuery.test(statement) ? judge(statement, catalogue) : [])
    judged.set(shape, findings)
    if (findings.length === 0) return
    const files = origin()
    if (isOfTests(files, application)) return
    for (const finding of findings)
      if (!isAllowed(finding, files)) complaints.push(complaint(finding, files, statement))
  })
  return complaints
}

const isQuery = /^\s*(select|insert|update|delete|with|merge)\b/i

/** Statements that differ in how many values they name are one. */
const shapeOf = (statement: string): string =>
  statement.replaceAll(/\$\d+(?:, \$\d+)*/g, '$').replaceAll(/\(\$\)(?:, \(\$\))*/g, '($)')

/** What a test asks for itself; a stack that was cut off is taken for the desk's on the desk's own connections. */
const isOfTests = ([first]: readonly string[], application: string): boolean =>
  first === undefined ? application === 'salesdesk test' : first.startsWith('tests/')

const meaning = {
  nothing: [
    'not said whose',
    'compare its tenant_id or principal_id with a parameter, or join it by a foreign key to a table that is bound',
  ],
  key: ['only said by an id whose', 'say the tenant or principal besides the id'],
  tenant: ['only said of which tenant', 'it belongs to principals: bind it to the one who calls'],
} as const

function complaint({ table, by, column }: Finding, files: readonly string[], statement: string): string {
  const [what, how] = meaning[by]
  return [
    `It is ${what} ${column === undefined ? table : `${table} (${column})`} is meant. Mend it: ${how}.`,
    'Where it is right as it is, say why in tests/support/query_guard/allowed.ts.',
    `Sent by ${files.join(' for ') || 'somebody nobody waits for'}:`,
    statement,
  ].join('\n')
}
