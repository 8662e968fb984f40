import { throwProblems, type Problem } from '../../adcp/error.ts'
import { isDeclared, natureOf, type Declared, type Request } from './request.ts'

/**
 * The accounts of a request that can be worked on one by one.
 * @throws AdcpError UNSUPPORTED_PROVISIONING, INVALID_REQUEST for what concerns the request as a whole.
 */
export function checkRequest({ accounts }: Request): Declared[] {
  const declared = accounts.filter(isDeclared)
  const problems = accounts.flatMap((item, i) => (isDeclared(item) ? [] : [byReference(i)]))
  throwProblems(problems.length > 0 ? problems : repeated(declared))
  return declared
}

const byReference = (i: number): Problem => ({
  code: 'UNSUPPORTED_PROVISIONING',
  message:
    'Settings of an account are not changed here; accounts are declared by brand, operator and billing.',
  field: `accounts[${i}].account`,
  suggestion: 'Leave account out and give brand, operator and billing.',
})

function repeated(declared: Declared[]): Problem[] {
  const natures = declared.map(({ brand, operator }) => natureOf(brand.domain, brand.brand_id, operator))
  return natures.flatMap((nature, i): Problem[] => {
    const first = natures.indexOf(nature)
    if (first === i) return []
    const message = `This is the same account as accounts[${first}].`
    return [
      {
        code: 'INVALID_REQUEST',
        message,
        field: `accounts[${i}]`,
        suggestion: 'Name each brand and operator once.',
      },
    ]
  })
}
