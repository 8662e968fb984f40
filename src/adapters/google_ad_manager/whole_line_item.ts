import { fieldsOf } from './wsdl/fields.ts'

interface Part {
  name: string
  xml: string
}

/** What of its targeting a package's targeting_overlay decides; the rest stays as somebody left it there. */
const overlaid = ['geoTargeting', 'dayPartTargeting', 'technologyTargeting']
const repeated = ['frequencyCaps']

/**
 * A line item as Google answered with it, changed in some fields: everything else is sent back as it came, also what this adapter
 * does not know, because an update is the whole object. `there` and `wanted` are the insides of the element.
 */
export function changedLineItem(there: string, wanted: string, fields: readonly string[]): string {
  const wantedParts = partsOf(wanted)
  return replaced(partsOf(there), 'LineItem', fields, (name, before) => {
    const after = wantedParts.filter((part) => part.name === name)
    if (name !== 'targeting') return after
    const [one] = before
    const inside = (parts: Part[]) => partsOf(parts.map(({ xml }) => insideOf(xml)).join(''))
    const merged = replaced(inside(before), 'Targeting', overlaid, (part) =>
      inside(after).filter((other) => other.name === part),
    )
    return one ? [{ name, xml: `<targeting>${merged}</targeting>` }] : after
  })
}

/** The parts of an object, those of `fields` replaced, in the order Google's schema wants. */
function replaced(
  parts: Part[],
  type: string,
  fields: readonly string[],
  replace: (name: string, before: Part[]) => Part[],
): string {
  const order = fieldsOf(type).map(({ name }) => name)
  return fields
    .reduce((result, name) => {
      const before = result.filter((part) => part.name === name)
      const rest = result.filter((part) => part.name !== name)
      const followers = order.slice(order.indexOf(name) + 1)
      const at = before[0]
        ? result.indexOf(before[0])
        : rest.findIndex((part) => followers.includes(part.name))
      return rest.toSpliced(at < 0 ? rest.length : at, 0, ...replace(name, before))
    }, parts)
    .map(({ xml }) => xml)
    .join('')
}

/** What of a line item each field of a package decides. */
export const decidedBy = {
  budget: ['costPerUnit', 'primaryGoal'],
  impressions: ['costPerUnit', 'primaryGoal'],
  bid_price: ['costPerUnit', 'primaryGoal'],
  pacing: ['deliveryRateType'],
  start_time: ['startDateTime', 'startDateTimeType', 'costPerUnit'],
  end_time: ['endDateTime', 'costPerUnit'],
  targeting_overlay: [...repeated, 'targeting'],
} as const

/** The elements right inside some XML, one after the other. @throws Error if there is anything else */
function partsOf(xml: string): Part[] {
  const parts: Part[] = []
  const tags = /<(\/?)([\w:.-]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>/g
  let depth = 0
  let start = 0
  for (const tag of xml.matchAll(tags)) {
    const [all, closing, name = '', , empty] = tag
    if (closing) depth--
    else if (depth++ === 0) start = tag.index
    if (empty) depth--
    if (depth === 0) parts.push({ name, xml: xml.slice(start, tag.index + all.length) })
  }
  if (depth !== 0) throw new Error('the XML of a line item is not whole')
  return parts
}

/** What stands between the tags of an element. */
export function insideOf(xml: string): string {
  const start = xml.indexOf('>') + 1
  return xml.endsWith('/>') && start === xml.length ? '' : xml.slice(start, xml.lastIndexOf('</'))
}
