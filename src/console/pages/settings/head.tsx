import type { Visit } from '../../desk.ts'
import { PageHead } from '../../parts/page_head.tsx'

const parts = [
  { path: '', name: 'Selling' },
  { path: '/approvals', name: 'Approvals' },
  { path: '/people', name: 'People' },
  { path: '/slack', name: 'Slack' },
] as const

/** The top of each page of settings, with the way to the others. */
export function Head({ visit, at }: { visit: Visit; at: (typeof parts)[number]['path'] }) {
  return (
    <>
      <PageHead title="Settings" />
      <nav class="row tabs" aria-label="Settings">
        {parts.map(({ path, name }) => (
          <a href={`${visit.base}/settings${path}`} aria-current={path === at ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
    </>
  )
}
