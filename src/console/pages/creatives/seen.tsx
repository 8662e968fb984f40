import type { Listed } from './select.ts'

/** In a form that decides: which version of the creative its reader has before them. */
export const Seen = ({ creative }: { creative: Listed }) => (
  <input type="hidden" name="seen_at" value={creative.updated_at.toISOString()} />
)
