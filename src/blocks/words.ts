import { beginning, plainLine } from '../plain_line.ts'
import type { Block, Button, Marked, Plain, Text } from './block.ts'

/** Lengths beyond which Slack refuses a block (docs.slack.dev, reference of Block Kit); fields and titles are counted in UTF-16 units. */
const MOST = { header: 150, section: 3000, field: 2000, context: 2000, label: 75, value: 2000 }

/** On one line, without characters that hide or turn text round, and no longer than `most`; never empty. */
export function oneLine(text: string, most: number): string {
  const line = plainLine(text) || '–'
  return line.length <= most ? line : `${beginning(line, most - 1)}…`
}

/** Words somebody else wrote, as they may stand in marked text: no mention, no link. */
export const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export const plain = (text: string, most = MOST.field): Plain => ({
  type: 'plain_text',
  text: oneLine(text, most),
  emoji: false,
})
/** Our own words in Slack's markup; a caller puts nobody else's in without `escaped`. */
export const marked = (text: string): Marked => ({ type: 'mrkdwn', text, verbatim: true })

export const header = (text: string): Block => ({ type: 'header', text: plain(text, MOST.header) })
export const divider: Block = { type: 'divider' }
export const section = (text: Text): Block => ({ type: 'section', text })
export const context = (...elements: [Text, ...Text[]]): Block => ({ type: 'context', elements })

/** Several lines of plain text in one section, each shortened by itself, so that none of them can look like another. */
export function lines(...texts: (string | undefined)[]): Block {
  const given = texts.filter((text) => text !== undefined)
  const each = Math.floor(MOST.section / Math.max(given.length, 1)) - 1
  const text = given.map((one) => oneLine(one, Math.min(each, 400))).join('\n')
  return section({ type: 'plain_text', text: text || '–', emoji: false })
}

/** A table of two columns: what it is, in bold, and what was said. At most five rows. */
export function table(rows: readonly (readonly [label: string, value: string])[]): Block[] {
  const blocks: Block[] = []
  for (let i = 0; i < rows.length; i += 5) {
    const fields = rows.slice(i, i + 5).flatMap(([label, value]) => [marked(`*${label}*`), plain(value, 300)])
    const [first, ...others] = fields
    if (first) blocks.push({ type: 'section', fields: [first, ...others] })
  }
  return blocks
}

export const button = (
  action_id: string,
  label: string,
  more: Pick<Button, 'value' | 'url' | 'style' | 'confirm'> = {},
): Button => ({ type: 'button', action_id, text: plain(label, MOST.label), ...more })

export const actions = (...elements: [Button, ...Button[]]): Block => ({ type: 'actions', elements })

/** A link button; Slack still tells us of the click, under this name. */
export const link = (label: string, url: string): Button => button('open', label, { url })
