import { type Answer, fieldsIn, type Form } from './visitor.ts'

/** A form that changes something, as a browser would send it. */
export interface SentForm {
  action: string
  fields: Form
}

/** The forms of a page that are posted, once for each button that says something itself. */
export function formsIn({ html }: Answer, path: string): SentForm[] {
  return [...html.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)].flatMap(([form]) => {
    const [tag = ''] = /^<form[^>]*>/.exec(form) ?? []
    if (!/method="post"/i.test(tag)) return []
    const own = attribute(tag, 'action') ?? path
    const buttons = [...form.matchAll(/<button[^>]*>/g)].map(([button]) => button)
    const fields = fieldsIn(form)
    const pressed = buttons.map((button) => {
      const [name, value] = [attribute(button, 'name'), attribute(button, 'value') ?? '']
      const action = attribute(button, 'formaction') ?? own
      return { action, fields: name === undefined ? fields : { ...fields, [name]: value } }
    })
    return pressed.length > 0 ? pressed : [{ action: own, fields }]
  })
}

const attribute = (tag: string, name: string) =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&')
