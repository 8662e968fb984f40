import type { Books } from './books.ts'
import { fail } from './fail.ts'
import * as data from './network_data.ts'
import type { Thing } from './objects.ts'
import { readQuery } from './pql.ts'

/** A page of what a statement finds. */
export function pageOf(rows: readonly Thing[], statement: Thing): Thing {
  const { matches, after, limit, offset } = readQuery(statement)
  const found = (after === undefined ? rows : rows.slice(firstAfter(rows, after))).filter(matches)
  return {
    totalResultSetSize: found.length,
    startIndex: offset,
    results: found.slice(offset, offset + limit),
  }
}

/** Where rows with a greater id begin; every list here is in the order of its ids. */
function firstAfter(rows: readonly Thing[], id: bigint): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (BigInt(rows[middle]?.['id'] as string) > id) high = middle
    else low = middle + 1
  }
  return low
}

export function createCompanies(books: Books, companies: Thing[]): Thing[] {
  if (!books.minded.mayCreateCompanies) fail('PermissionError', 'PERMISSION_DENIED', 'companies[0]')
  companies.forEach(({ name, type }, i) => {
    if (!name) fail('RequiredError', 'REQUIRED', `companies[${i}].name`)
    const taken = books.companies.some((one) => one['name'] === name && one['type'] === type)
    if (taken) fail('UniqueError', undefined, `companies[${i}].name`, String(name))
  })
  const created = companies.map((company) => ({ ...company, id: books.nextId() }))
  books.companies.push(...created)
  return created
}

/** Rows of one of Google's own tables, with the columns asked for. */
export function select(statement: Thing): Thing {
  const { columns, table, matches, limit, offset } = readQuery({ limit: 100_000, ...statement })
  const rows = data.tables[table.toLowerCase()]
  if (!rows) fail('PublisherQueryLanguageContextError', 'UNEXECUTABLE', 'query', table)
  const cell = (row: Thing, column: string) =>
    column.toLowerCase() === 'id'
      ? { xsi_type: 'NumberValue', value: row[column] as string }
      : { xsi_type: 'TextValue', value: row[column] as string }
  return {
    columnTypes: columns.map((labelName) => ({ labelName: labelName.toLowerCase() })),
    rows: rows
      .filter(matches)
      .slice(offset, offset + limit)
      .map((row) => ({ values: columns.map((column) => cell(row, column)) })),
  }
}
