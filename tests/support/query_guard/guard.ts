import { afterAll, afterEach, inject } from 'vitest'
import { watchStatements } from './watch.ts'

// a setup file: it runs before each file of tests, in the process of the desk
const refused = watchStatements(inject('tables'))

/** Fails the test that had the desk ask PostgreSQL for rows without saying whose. */
function mustSayWhose(): void {
  const [first, ...more] = refused()
  if (first === undefined) return
  throw new Error(more.length === 0 ? first : `${first}\n\nand ${more.length} more:\n\n${more.join('\n\n')}`)
}
afterEach(mustSayWhose)
afterAll(mustSayWhose)
