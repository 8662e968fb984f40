import { fitProblems } from '../../../adcp/creative_fit.ts'
import type { Listed } from './select.ts'

/** Whether it is what its format asks for, and what of it is not. */
export function Fit({ creative: { assets, needs, format } }: { creative: Listed }) {
  const problems = fitProblems('assets', assets, { name: format, assets: needs })
  if (problems.length === 0) return <p>Fits {format}: everything is there, in the right size.</p>
  return (
    <div class="warning">
      <p>Does not fit {format} (any more):</p>
      <ul>
        {problems.map(({ field, message }) => (
          <li>
            <code>{field}</code> {message}
          </li>
        ))}
      </ul>
    </div>
  )
}
