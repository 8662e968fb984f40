/** Text shown as it is: nothing in it is a link, a mention or bold. Whatever a buyer wrote goes in here. */
export interface Plain {
  type: 'plain_text'
  text: string
  emoji: false
}
/** Text in Slack's own markup. Only our words go in here. */
export interface Marked {
  type: 'mrkdwn'
  text: string
  verbatim: true
}
export type Text = Plain | Marked

export interface Button {
  type: 'button'
  action_id: string
  text: Plain
  value?: string
  url?: string
  style?: 'primary' | 'danger'
  confirm?: { title: Plain; text: Plain; confirm: Plain; deny: Plain }
}
export interface TextInput {
  type: 'plain_text_input'
  action_id: string
  multiline: boolean
  max_length: number
  placeholder?: Plain
}
export type Block =
  | { type: 'header'; text: Plain }
  | { type: 'section'; text: Text }
  | { type: 'section'; fields: [Text, ...Text[]] }
  | { type: 'context'; elements: [Text, ...Text[]] }
  | { type: 'actions'; block_id?: string; elements: [Button, ...Button[]] }
  | { type: 'input'; block_id: string; label: Plain; hint?: Plain; optional: boolean; element: TextInput }
  | { type: 'divider' }

/** A message: its blocks, and the sentence that notifications and screen readers show. */
export interface Message {
  text: string
  blocks: Block[]
}
export interface Modal {
  type: 'modal'
  callback_id: string
  private_metadata: string
  title: Plain
  close: Plain
  submit?: Plain
  blocks: Block[]
}
export interface Home {
  type: 'home'
  blocks: Block[]
}
