import type { Problem } from '../../adcp/error.ts'

interface Refusal {
  code: 'UNSUPPORTED_FEATURE'
  message: string
  suggestion: string
}
const unsupported = (message: string, suggestion: string): Refusal => ({
  code: 'UNSUPPORTED_FEATURE',
  message,
  suggestion,
})

/** What AdCP lets a buyer ask for and this desk does not do. It is refused: taking the order without it would not be the order. */
const buyFields: Record<string, Refusal> = {
  plan_id: unsupported('Governance plans are not checked here.', 'Leave plan_id out.'),
  artifact_webhook: unsupported('Content artifacts are not delivered here.', 'Leave artifact_webhook out.'),
}
const packageFields: Record<string, Refusal> = {
  catalogs: unsupported('Catalogs are not used here.', 'Leave catalogs out.'),
  optimization_goals: unsupported(
    'Delivery is not optimised towards goals here.',
    'Leave optimization_goals out.',
  ),
  committed_metrics: unsupported('No metrics are committed here.', 'Leave committed_metrics out.'),
  format_option_refs: unsupported('Formats are chosen by format_ids.', 'Use format_ids of the product.'),
  format_kind: unsupported('Formats are chosen by format_ids.', 'Use format_ids of the product.'),
  params: unsupported('Formats take no parameters here.', 'Leave params out.'),
}

type Given = Record<string, unknown>

/** A problem for each part of the request this desk would otherwise have to drop. */
export function unsupportedProblems(request: Given & { packages?: readonly Given[] | undefined }): Problem[] {
  const ofBuy = refused(request, buyFields, '')
  return [...ofBuy, ...unsupportedInPackages(request.packages ?? [], 'packages')]
}

/** The same for packages alone; `list` is the field they stand in. */
export function unsupportedInPackages(packages: readonly Given[], list: string): Problem[] {
  return packages.flatMap((item, i) => refused(item, packageFields, `${list}[${i}].`))
}

function refused(given: Given, fields: Record<string, Refusal>, prefix: string): Problem[] {
  return Object.entries(fields)
    .filter(([name]) => given[name] !== undefined)
    .map(([name, refusal]) => ({ ...refusal, field: `${prefix}${name}` }))
}
