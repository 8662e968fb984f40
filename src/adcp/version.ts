import { AdcpError } from './error.ts'

/** Releases we answer in. `unstated` is a 3.0 buyer that names no release; its answers have the fields 3.1 added as well. */
export type AdcpVersion = '3.0' | '3.1' | 'unstated'
export const supportedVersions = ['3.0', '3.1'] as const
const supportedMajor = 3

/**
 * The release to answer in: the one asked for, or our highest below it within major 3.
 * @throws AdcpError VERSION_UNSUPPORTED when there is none.
 */
export function negotiateVersion(request: {
  adcp_version?: string | undefined
  adcp_major_version?: number | undefined
}): AdcpVersion {
  const asked = request.adcp_version
  const major = asked === undefined ? request.adcp_major_version : Number(asked.split('.')[0])
  const disagree = request.adcp_major_version !== undefined && request.adcp_major_version !== major
  if (disagree)
    throw unsupported(`adcp_version ${asked} and adcp_major_version ${request.adcp_major_version} disagree.`)
  if (major !== undefined && major !== supportedMajor)
    throw unsupported(`AdCP ${asked ?? major} is not spoken here.`)
  if (asked === undefined) return 'unstated'
  if (asked.includes('-')) throw unsupported(`Prerelease ${asked} is not spoken here.`)
  return Number(asked.split('.')[1]) >= 1 ? '3.1' : '3.0'
}

function unsupported(message: string) {
  return new AdcpError({
    code: 'VERSION_UNSUPPORTED',
    message,
    field: 'adcp_version',
    suggestion: `Send adcp_version ${supportedVersions.join(' or ')}, or leave it out.`,
    details: { supported_versions: supportedVersions, supported_majors: [supportedMajor] },
  })
}
