import type { Path } from './publisher_file_error.ts'

/** A product of a file that was read, in the words of the publisher file, right or wrong. */
export interface ReadProduct {
  written: unknown
  /** Where in the file something of it stands. */
  locate(path: Path): Place
  /** Whether the file does not speak of a field, so that it stays as it is. */
  leaves(field: string): boolean
}
/** A line of the file, and what of it: a column, or a part such as `products[2].name`. */
export interface Place {
  line: number | undefined
  part: string
}
export interface LocatedProblem extends Place {
  message: string
}
export interface ReadFile {
  products: ReadProduct[]
  problems: LocatedProblem[]
}
