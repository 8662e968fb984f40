/** What a publisher's rules say about one buyer and one currency. Amounts are in that currency, except approval_threshold. */
export interface Rules {
  /** In whatever currency a buy is; only for currencies the policy does not name. */
  approval_threshold: number | null
  auto_approve_under: number | null
  four_eyes_above: number | null
  trusted: boolean
  /** Small amounts and trusted buyers need nobody even for products a person sells. */
  includes_person_products: boolean
}
export interface Purchase {
  /** It asks for a product a person sells, or for more of one. */
  person_sells: boolean
  /** Something nobody knows, such as how much is left: no rule stands in for a person's look. */
  unknown: boolean
  total: number
  /** What the buy came to before it was to be changed, and how much of that people had agreed to; 0 for a new one. */
  before: number
  agreed: number
}
export type PeopleNeeded = 0 | 1 | 2

/** How many people at the publisher must agree to a purchase, or to a change of one. docs/approvals.md has the table. */
export function peopleNeeded(purchase: Purchase, rules: Rules): PeopleNeeded {
  const { person_sells, unknown, total, before, agreed } = purchase
  const { four_eyes_above, trusted } = rules
  const asksForMore = total > before && total > agreed
  const isHuge = four_eyes_above !== null && total > four_eyes_above
  if (isHuge && asksForMore) return 2
  const mindsProduct = person_sells && !waivesProducts(total, rules)
  const mindsAmount = asksForMore && isLarge(total, rules) && !trusted
  if (!unknown && !mindsProduct && !mindsAmount) return 0
  return isHuge ? 2 : 1
}

function isLarge(total: number, { auto_approve_under, approval_threshold }: Rules): boolean {
  if (auto_approve_under !== null) return total >= auto_approve_under
  return approval_threshold !== null && total > approval_threshold
}

function waivesProducts(
  total: number,
  { includes_person_products, trusted, auto_approve_under }: Rules,
): boolean {
  return includes_person_products && (trusted || (auto_approve_under !== null && total < auto_approve_under))
}
