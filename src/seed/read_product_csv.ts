import { CsvError, parse } from 'csv-parse/sync'
import { csvColumns, type CsvColumn } from './product_csv.ts'
import { spellPath } from './publisher_file_error.ts'
import type { ReadFile } from './read_file.ts'

/** Reads what `toCsv` writes, or what a spreadsheet made of it: columns in any order; what has no column stays as it is. */
export function fromCsv(text: string): ReadFile {
  try {
    const rows = readRows(text)
    const columns = rows[0]?.columns ?? []
    const known: readonly string[] = csvColumns
    const columnOf = (field: string) => (known.includes(field) ? field : 'further_terms')
    return {
      products: rows.map(({ record, line }) => ({
        written: writtenOf(record),
        leaves: (field) => !columns.includes(columnOf(field)),
        locate: ([field = '', ...rest]) => {
          const column = columnOf(String(field))
          return { line, part: column === field ? column : spellPath([column, field, ...rest]) }
        },
      })),
      problems: [
        ...columns
          .filter((name) => !known.includes(name))
          .map((part) => ({
            line: 1,
            part,
            message: `is no column here. The columns are ${csvColumns.join(', ')}`,
          })),
        ...columns
          .filter((name, index) => columns.indexOf(name) < index)
          .map((part) => ({ line: 1, part, message: 'is there twice' })),
        ...rows.flatMap(({ record, line }) =>
          namesIn(record['further_terms'])
            .filter((name) => known.includes(name))
            .map((name) => ({
              line,
              part: `further_terms.${name}`,
              message: 'has a column of its own. Say it there',
            })),
        ),
      ],
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error['lines'] === 'number' ? error['lines'] : undefined
    return {
      products: [],
      problems: [{ line, part: 'The table', message: `cannot be read: ${error.message}` }],
    }
  }
}

interface Row {
  columns: readonly string[]
  record: Record<string, string>
  /** Where it begins. */
  line: number
}

function readRows(text: string): Row[] {
  let columns: string[] = []
  const found: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
    columns: (names: string[]) => (columns = names.map((name) => name.trim())),
    bom: true,
    info: true,
    trim: true,
    skip_empty_lines: true,
    delimiter: [',', ';', '\t'].toSorted((a, b) => uses(text, b) - uses(text, a))[0] ?? ',',
  })
  // the library counts the lines that are behind it
  return found.map(({ record, info }) => {
    const broken = Object.values(record).join('').split('\n').length - 1
    return { columns, record, line: info.lines - broken }
  })
}

/** Spreadsheets of some countries have semicolons between their columns. */
const uses = (text: string, delimiter: string) => (text.split(/\r?\n/, 1)[0] ?? '').split(delimiter).length

function namesIn(further_terms = ''): string[] {
  const said = json(further_terms)
  return typeof said === 'object' && said !== null ? Object.keys(said) : []
}

function writtenOf({ further_terms = '', ...columns }: Record<string, string>): unknown {
  const cells = Object.entries(columns).flatMap(([column, cell]) => {
    const text = cell.replace(/^'(?=[=+\-@\t\r])/, '')
    return text === '' ? [] : [[column, valueOf(column as CsvColumn, text)] as const]
  })
  const more = further_terms === '' ? {} : json(further_terms)
  return { ...Object.fromEntries(cells), ...(typeof more === 'object' ? more : { further_terms: more }) }
}

function valueOf(column: CsvColumn, text: string): unknown {
  if (/^[[{]/.test(text)) return json(text)
  switch (column) {
    case 'channels':
    case 'countries':
    case 'format_ids':
    case 'keywords':
    case 'pricing_options':
      return listed(text)
    case 'publisher_properties':
      return listed(text).flatMap(placesOf)
    case 'min_flight_days':
    case 'lead_days':
    case 'daily_capacity':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
    default:
      return text
  }
}

const listed = (text: string): string[] => text.split(';').flatMap((word) => word.trim() || [])

function placesOf(place: string): unknown[] {
  const [publisher_domain = '', parts] = place.split(':').map((part) => part.trim())
  if (parts === undefined) return [publisher_domain]
  const words = parts.split(/\s+/).filter(Boolean)
  const property_ids = words.filter((word) => !word.startsWith('#'))
  const property_tags = words.flatMap((word) => (word.startsWith('#') ? word.slice(1) : []))
  return [
    ...(property_ids.length > 0 ? [{ publisher_domain, property_ids }] : []),
    ...(property_tags.length > 0 ? [{ publisher_domain, property_tags }] : []),
  ]
}

/** What is no JSON stays as it is, to be told what is wrong with it. */
function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
