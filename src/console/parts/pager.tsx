interface Pager {
  /** The address of the list with what narrows it, without `page`. */
  href: string
  /** From 1. */
  page: number
  page_size: number
  /** How many there are in all. */
  total: number
  /** What they are: `media buys`. */
  of: string
}

/** Which part of a long list this is, and the way to the parts before and after it. Nothing where all fits. */
export function Pager({ href, page, page_size, total, of }: Pager) {
  if (total <= page_size) return null
  const first = (page - 1) * page_size + 1
  const at = (to: number) => `${href}${href.includes('?') ? '&' : '?'}page=${to}`
  return (
    <nav class="row pager" aria-label={`Pages of ${of}`}>
      {page > 1 && (
        <a href={at(page - 1)} rel="prev">
          Previous
        </a>
      )}
      <span class="faint">
        {first}–{Math.min(total, page * page_size)} of {new Intl.NumberFormat('en').format(total)} {of}
      </span>
      {page * page_size < total && (
        <a href={at(page + 1)} rel="next">
          Next
        </a>
      )}
    </nav>
  )
}

/** The part of a list that an address asks for, from 1. */
export function pageOf(asked: string | undefined): number {
  const page = Number(asked ?? 1)
  return Number.isSafeInteger(page) && page > 0 && page < 100_000 ? page : 1
}
