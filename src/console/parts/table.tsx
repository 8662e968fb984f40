import type { Child } from 'hono/jsx'

export interface Column<Row> {
  /** Its heading; on a phone, where each row becomes a card, it stands before the value. */
  label: string
  /** Figures stand right, digit under digit. */
  number?: boolean
  /** Short enough to stand on one line, where there is room for columns. */
  whole?: boolean
  cell(row: Row): Child
}
interface TableProps<Row> {
  /** What the rows are, for those who cannot see the page. */
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  /** What is said where there are none. */
  empty: Child
}

/** Rows of figures and facts; the first column names what the row is about. */
export function Table<Row>({ label, columns, rows, empty }: TableProps<Row>) {
  if (rows.length === 0) return <p class="empty">{empty}</p>
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" class={column.number ? 'number' : undefined}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {columns.map((column) => (
                <td
                  data-label={column.label}
                  class={column.number ? 'number' : column.whole ? 'whole' : undefined}
                >
                  <span>{column.cell(row)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
