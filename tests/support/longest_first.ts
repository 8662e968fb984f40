import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take the better part of a minute; begun last, they would keep one process at work when the others are done. */
const long = ['console/every_page', 'cli/demo', 'chaos/', 'cli/commands', 'cli/start', 'journeys/', 'cli/']

/** Begins with the files that take longest, also where no earlier run has told how long each takes. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = long.findIndex((part) => moduleId.includes(`/tests/${part}`))
      return place === -1 ? long.length : place
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
