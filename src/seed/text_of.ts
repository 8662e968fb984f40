import { isUtf8 } from 'node:buffer'

/** The text of a file, or the first line of it that is no UTF-8: as text it would lose what was written. */
export function textOf(bytes: Uint8Array): { text: string } | { line: number } {
  if (isUtf8(bytes)) return { text: new TextDecoder().decode(bytes) }
  let [line, from] = [1, 0]
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    if (!isUtf8(bytes.subarray(from, end))) break
    ;[line, from] = [line + 1, end + 1]
  }
  return { line }
}

export const notUtf8 = 'is no UTF-8. Save it again as UTF-8 (in a spreadsheet: “CSV UTF-8”)'
