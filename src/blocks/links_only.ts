import type { Block, Button, Message } from './block.ts'

/** The same message for where no app answers a click: only what leads to the console can be pressed. */
export function linksOnly({ text, blocks }: Message): Message {
  return {
    text,
    blocks: blocks.flatMap((block) => (block.type === 'actions' ? linksOf(block.elements) : [block])),
  }
}

function linksOf(buttons: readonly Button[]): Block[] {
  const [first, ...others] = buttons.filter(({ url }) => url !== undefined)
  return first ? [{ type: 'actions', elements: [first, ...others] }] : []
}
