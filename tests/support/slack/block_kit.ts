/** What Slack's reference of Block Kit (docs.slack.dev/reference/block-kit) allows, for the blocks and elements we use. */
type Node = Record<string, unknown>
const most = { message: 50, modal: 100, home: 100 }

/** Everything in `blocks` that Slack would refuse, with where it is. */
export function blockKitFaults(blocks: unknown, surface: keyof typeof most): string[] {
  if (!Array.isArray(blocks)) return ['blocks: not a list']
  const faults: string[] = []
  const say = (at: string, what: string) => faults.push(`${at}: ${what}`)
  if (blocks.length > most[surface]) say('blocks', `${blocks.length} of at most ${most[surface]}`)
  const ids = new Set<unknown>()
  ;(blocks as Node[]).forEach((block, i) => {
    const at = `blocks[${i}]`
    const id = block['block_id']
    if (id !== undefined && ids.has(id)) say(at, 'block_id twice')
    ids.add(id)
    checkBlock(block, at, surface, say)
  })
  return faults
}

type Say = (at: string, what: string) => void

function checkBlock(block: Node, at: string, surface: string, say: Say) {
  switch (block['type']) {
    case 'header':
      return checkText(block['text'], `${at}.text`, 150, say, ['plain_text'])
    case 'section':
      if (block['text'] === undefined && block['fields'] === undefined) say(at, 'neither text nor fields')
      if (block['text'] !== undefined) checkText(block['text'], `${at}.text`, 3000, say)
      if (block['fields'] !== undefined)
        checkList(block['fields'], `${at}.fields`, 10, say, (field, where) =>
          checkText(field, where, 2000, say),
        )
      return
    case 'context':
      return checkList(block['elements'], `${at}.elements`, 10, say, (text, where) =>
        checkText(text, where, 3000, say),
      )
    case 'actions': {
      const ids = new Set<unknown>()
      return checkList(block['elements'], `${at}.elements`, 25, say, (element, where) => {
        if (ids.has(element['action_id'])) say(where, 'action_id twice')
        ids.add(element['action_id'])
        checkButton(element, where, say)
      })
    }
    case 'input': {
      if (surface === 'message') say(at, 'no input in a message')
      checkText(block['label'], `${at}.label`, 2000, say, ['plain_text'])
      if (block['hint'] !== undefined) checkText(block['hint'], `${at}.hint`, 2000, say, ['plain_text'])
      const { max_length } = block['element'] as { max_length?: number }
      if (max_length !== undefined && (max_length < 1 || max_length > 3000)) say(at, 'max_length')
      return
    }
    case 'divider':
      return
    default:
      say(at, `unknown type ${String(block['type'])}`)
  }
}

function checkButton(button: Node, at: string, say: Say) {
  if (button['type'] !== 'button') say(at, 'not a button')
  checkText(button['text'], `${at}.text`, 75, say, ['plain_text'])
  checkString(button['action_id'], `${at}.action_id`, 255, say)
  if (button['value'] !== undefined) checkString(button['value'], `${at}.value`, 2000, say)
  if (button['url'] !== undefined) checkString(button['url'], `${at}.url`, 3000, say)
  const { style } = button
  if (style !== undefined && style !== 'primary' && style !== 'danger') say(at, 'style')
}

function checkList(
  value: unknown,
  at: string,
  limit: number,
  say: Say,
  each: (item: Node, at: string) => void,
) {
  if (!Array.isArray(value) || value.length === 0) return say(at, 'no list of at least one')
  if (value.length > limit) say(at, `${value.length} of at most ${limit}`)
  ;(value as Node[]).forEach((item, i) => each(item, `${at}[${i}]`))
}

function checkText(value: unknown, at: string, limit: number, say: Say, types = ['plain_text', 'mrkdwn']) {
  const { type, text, emoji } = (value ?? {}) as Node
  if (!types.includes(String(type))) say(at, `type ${String(type)}`)
  if (type === 'mrkdwn' && emoji !== undefined) say(at, 'emoji in mrkdwn')
  checkString(text, at, limit, say)
}

function checkString(value: unknown, at: string, limit: number, say: Say) {
  if (typeof value !== 'string' || value.length === 0) return say(at, 'empty')
  if (value.length > limit) say(at, `${value.length} characters of at most ${limit}`)
  if (/\p{Cs}/u.test(value)) say(at, 'half a character')
}

/** The same for a whole view. */
export function viewFaults(view: unknown): string[] {
  const { type, title, blocks, private_metadata, callback_id } = view as Node
  const faults = blockKitFaults(blocks, type === 'home' ? 'home' : 'modal')
  const say: Say = (at, what) => faults.push(`${at}: ${what}`)
  if (type !== 'home') {
    checkText(title, 'title', 24, say, ['plain_text'])
    checkString(callback_id, 'callback_id', 255, say)
  }
  if (typeof private_metadata === 'string' && private_metadata.length > 3000)
    say('private_metadata', 'too long')
  return faults
}
