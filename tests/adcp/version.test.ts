import { expect, test } from 'vitest'
import { AdcpError } from '../../src/adcp/error.ts'
import { negotiateVersion } from '../../src/adcp/version.ts'

test.each([
  [{}, 'unstated'],
  [{ adcp_major_version: 3 }, 'unstated'],
  [{ adcp_version: '3.0' }, '3.0'],
  [{ adcp_version: '3.1' }, '3.1'],
  [{ adcp_version: '3.0', adcp_major_version: 3 }, '3.0'],
  [{ adcp_version: '3.2' }, '3.1'],
  [{ adcp_version: '3.10' }, '3.1'],
])('a buyer who sends %o is answered in %s', (request, version) => {
  expect(negotiateVersion(request)).toBe(version)
})

test.each([
  { adcp_version: '2.5' },
  { adcp_version: '4.0' },
  { adcp_version: '30.1' },
  { adcp_major_version: 2 },
  { adcp_major_version: 4 },
  { adcp_version: '3.1', adcp_major_version: 4 },
  { adcp_version: '3.2-beta.5' },
])('a buyer who sends %o is told what is spoken here', (request) => {
  const refusal = refusalOf(() => negotiateVersion(request))
  expect(refusal.problems[0]).toMatchObject({
    code: 'VERSION_UNSUPPORTED',
    details: { supported_versions: ['3.0', '3.1'], supported_majors: [3] },
  })
})

function refusalOf(act: () => unknown): AdcpError {
  try {
    act()
  } catch (error) {
    if (error instanceof AdcpError) return error
  }
  throw new Error('it was not refused')
}
