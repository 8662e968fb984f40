import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
/** What every statement goes through. */
const NOBODY = ['src/db/', 'tests/support/query_guard/']
const DEEP = 200

/** Which files of ours are asking, the one that wrote the statement first; those that wait behind an await are among them. */
export function origin(): string[] {
  const { stackTraceLimit, prepareStackTrace } = Error
  Error.stackTraceLimit = DEEP
  // paths are all that is wanted: to find lines by source maps for each statement takes a hundred times as long
  Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName() ?? '')
  const paths = new Error().stack as unknown as string[]
  Object.assign(Error, { stackTraceLimit, prepareStackTrace })
  const files = paths.flatMap((path) => {
    const [, file = ''] = path.replace('file://', '').split(root)
    return /^(src|tests)\//.test(file) && !NOBODY.some((folder) => file.startsWith(folder)) ? [file] : []
  })
  return [...new Set(files)]
}
